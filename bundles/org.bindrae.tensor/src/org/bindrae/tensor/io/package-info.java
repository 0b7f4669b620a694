/** Arrays in files: safetensors and NPY, and files that appear complete or not at all. */
package org.bindrae.tensor.io;
