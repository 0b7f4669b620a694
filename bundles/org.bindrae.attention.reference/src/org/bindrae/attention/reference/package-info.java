/** Exact attention in double precision: what every other backend is compared with. */
package org.bindrae.attention.reference;
