/** The five edge modes. */
package org.bindrae.edge.internal;
