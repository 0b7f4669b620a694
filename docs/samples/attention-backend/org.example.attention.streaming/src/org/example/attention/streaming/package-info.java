/** A backend of the BINDRAE Workbench in plain Java, to start one's own from. */
package org.example.attention.streaming;
