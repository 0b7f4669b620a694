/** Update sites and features: the commands {@code site} and {@code feature}, over p2. */
package org.bindrae.update.internal;
