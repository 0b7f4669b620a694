/** Invariant point attention: the layer, the service interface of its backends, and the choice among them. */
package org.bindrae.attention;
