/** The evaluation as tables, JSON, CSV and a self-contained page with figures. */
package org.bindrae.training.report;
