/** Alignment of sequences. */
package org.bindrae.data.sequence.internal;
