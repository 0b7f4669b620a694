/** Training runs in the background of a workbench: they queue for devices, and can be followed, paused and stopped. */
package org.bindrae.training.jobs;
