/** Tests of what only a running framework shows: resolution, services, swapping, libraries that come in fragments. */
package org.bindrae.workbench.tests;
