package org.bindrae.health;

import java.util.List;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Looks after a part of the machine or the installation. Registered as a service by the bundle that knows the part; the command {@code doctor} asks all, the
 * highest {@code service.ranking} first.
 */
@ConsumerType
public interface HealthCheck {
    /**
     * Looks anew, within seconds and without changing anything; called on a thread of its own, which is interrupted when it takes too long. What is thrown counts
     * as a failure of the part.
     *
     * @return in the order for people; empty where there is nothing to tell
     */
    List<Finding> check() throws Exception;
}
