/** The modules of the network and the operations that they own. */
package org.bindrae.stage1.internal;
