/** What the network and its losses compute on a graphics card, and how to check it there. */
package org.bindrae.training.cuda;
