/** Reading and writing of structure files. */
package org.bindrae.data.structure.internal;
