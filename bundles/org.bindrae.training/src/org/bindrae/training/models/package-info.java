/** Trained networks that are installed, as bundles. */
package org.bindrae.training.models;
