/** The applications of the product: one command, or the interactive shell. */
package org.bindrae.app.internal;
