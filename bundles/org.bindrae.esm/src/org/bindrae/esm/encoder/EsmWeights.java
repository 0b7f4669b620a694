package org.bindrae.esm.encoder;

import java.io.IOException;

import org.bindrae.tensor.io.StoredArray;
import org.osgi.annotation.versioning.ConsumerType;

/** The values of all parameters of an encoder. */
@ConsumerType
public interface EsmWeights {
    /** The encoder that they are for. */
    EsmConfig config();

    /**
     * The values of a parameter, of a floating type.
     *
     * @param name as in {@link ParameterNames}
     * @throws IOException naming the file that cannot be read
     */
    StoredArray array(String name) throws IOException;
}
