package org.bindrae.health.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import org.bindrae.health.Finding;
import org.bindrae.health.HealthCheck;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Service components that wait for others or failed to start: why a backend that is installed is not there, for example. */
@Component(property = "service.ranking:Integer=95")
public final class ComponentsCheck implements HealthCheck {
    private static final String CAUSE = "Caused by: ";

    private final ServiceComponentRuntime runtime;

    @Activate
    public ComponentsCheck(@Reference ServiceComponentRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public List<Finding> check() {
        List<Finding> problems = new ArrayList<>();
        int count = 0;
        for (ComponentDescriptionDTO component : runtime.getComponentDescriptionDTOs()) {
            for (ComponentConfigurationDTO instance : runtime.getComponentConfigurationDTOs(component)) {
                count++;
                String subject = "component " + component.name.substring(component.name.lastIndexOf('.') + 1);
                String whose = component.name + " of " + component.bundle.symbolicName;
                if (instance.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
                    problems.add(Finding.warning(subject, whose + " waits for " + Arrays.stream(instance.unsatisfiedReferences)
                            .map(reference -> service(component, reference)).collect(Collectors.joining(", ")), "install or start a bundle that brings it"));
                } else if (instance.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
                    problems.add(Finding.warning(subject, whose + " did not start: " + cause(instance.failure),
                            "report it to those who made the bundle"));
                }
            }
        }
        problems.addFirst(Finding.ok("components", count + " service components, " + (count - problems.size()) + " of them ready"));
        return problems;
    }

    /** The last cause that a stack trace tells. */
    private static String cause(String trace) {
        return trace.lines().filter(line -> line.startsWith(CAUSE)).map(line -> line.substring(CAUSE.length())).reduce((_, last) -> last)
                .orElseGet(() -> trace.lines().findFirst().orElse(""));
    }

    private static String service(ComponentDescriptionDTO component, UnsatisfiedReferenceDTO unsatisfied) {
        return Arrays.stream(component.references).filter(reference -> reference.name.equals(unsatisfied.name)).map(reference -> reference.interfaceName)
                .findFirst().orElse(unsatisfied.name) + (unsatisfied.target == null ? "" : " " + unsatisfied.target);
    }
}
