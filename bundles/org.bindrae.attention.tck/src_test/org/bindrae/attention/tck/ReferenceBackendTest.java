package org.bindrae.attention.tck;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.Precision;

/** The reference keeps the contract as well; that it is right, the golden vectors and finite differences say. */
class ReferenceBackendTest extends AttentionBackendContract {
    @Override
    protected AttentionBackend backend() {
        return new ReferenceBackend();
    }

    @Override
    protected boolean mayRefuse(IpaConfig config, Class<? extends PairTerm> pair, Precision precision) {
        return false;
    }
}
