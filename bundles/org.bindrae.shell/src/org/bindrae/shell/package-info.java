/** What commands are made of: parsing, tables as text or JSON, progress, failures, candidates for completion. */
package org.bindrae.shell;
