/** The workbench configuration: one JSON file with a schema. */
package org.bindrae.training.config;
