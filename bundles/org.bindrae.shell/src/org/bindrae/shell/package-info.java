/** What the one-shot application needs to know of the shell's commands. */
package org.bindrae.shell;
