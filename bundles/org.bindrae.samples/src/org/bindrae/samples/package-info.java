/** Real structures to try the workbench with, unpacked by the build from the test data of the Chemistry Development Kit. */
package org.bindrae.samples;
