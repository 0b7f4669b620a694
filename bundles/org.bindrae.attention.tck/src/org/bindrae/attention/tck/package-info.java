/** What every attention backend must do, as tests that a backend's own tests inherit. */
package org.bindrae.attention.tck;
