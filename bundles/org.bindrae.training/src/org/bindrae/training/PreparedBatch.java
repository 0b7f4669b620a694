package org.bindrae.training;

import java.util.List;

import org.bindrae.stage1.ModelInput;

/** A batch ready for the network, and what its output is compared with. */
record PreparedBatch(List<String> ids, ModelInput input, LossTarget target) {
    int residues() {
        return input.residues().total();
    }
}
