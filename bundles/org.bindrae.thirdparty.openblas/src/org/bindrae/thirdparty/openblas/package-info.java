/** Matrix products of OpenBLAS, whose library comes in a fragment for each platform. */
package org.bindrae.thirdparty.openblas;
