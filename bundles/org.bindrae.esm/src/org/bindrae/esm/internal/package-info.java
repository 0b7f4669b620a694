/** The sources of embeddings that come with the workbench. */
package org.bindrae.esm.internal;
