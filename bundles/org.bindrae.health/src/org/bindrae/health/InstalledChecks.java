package org.bindrae.health;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.CollectionType;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The checks that are installed at the moment. */
@Component(service = InstalledChecks.class)
public final class InstalledChecks {
    private static final String RANKING = "service.ranking";
    private static final String ID = "service.id";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Duration patience;

    @Reference(service = HealthCheck.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            collectionType = CollectionType.TUPLE)
    private volatile List<Map.Entry<Map<String, Object>, HealthCheck>> services = List.of();

    @Activate
    public InstalledChecks() {
        this.patience = PATIENCE;
    }

    /** Of checks made by hand, in this order, which together may take so long. */
    public InstalledChecks(List<HealthCheck> checks, Duration patience) {
        this.patience = patience;
        this.services = checks.stream().map(check -> Map.entry(Map.<String, Object>of(), check)).toList();
    }

    /**
     * Asks all checks, each on a thread of its own: one that throws or does not answer costs its own answer only, and is a finding.
     *
     * @return those of the highest {@code service.ranking} first
     */
    public List<Finding> findings() throws InterruptedException {
        List<HealthCheck> checks = services.stream().sorted(Comparator.<Map.Entry<Map<String, Object>, HealthCheck>>comparingInt(e -> -ranking(e.getKey()))
                .thenComparingLong(e -> id(e.getKey()))).map(Map.Entry::getValue).toList();
        // one that is stuck must not keep the process alive
        ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().name("health-", 1).factory());
        try {
            List<Callable<List<Finding>>> tasks = checks.stream().<Callable<List<Finding>>>map(check -> check::check).toList();
            List<Future<List<Finding>>> answers = threads.invokeAll(tasks, patience.toMillis(), TimeUnit.MILLISECONDS);
            List<Finding> findings = new ArrayList<>();
            for (int i = 0; i < checks.size(); i++) {
                findings.addAll(answer(checks.get(i), answers.get(i)));
            }
            return findings;
        } finally {
            // without waiting for one that is stuck
            threads.shutdownNow();
        }
    }

    private List<Finding> answer(HealthCheck check, Future<List<Finding>> answer) {
        String name = check.getClass().getSimpleName();
        return switch (answer.state()) {
            case SUCCESS -> answer.resultNow();
            case FAILED ->
                List.of(Finding.failed(name, "the check broke off: " + answer.exceptionNow(), "report it to those who made " + check.getClass().getName()));
            case CANCELLED, RUNNING -> List.of(Finding.failed(name, "no answer within " + patience.toSeconds() + " s",
                    "start the workbench anew; if it stays so, report it to those who made " + check.getClass().getName()));
        };
    }

    private static int ranking(Map<String, Object> properties) {
        return properties.get(RANKING) instanceof Integer ranking ? ranking : 0;
    }

    private static long id(Map<String, Object> properties) {
        return properties.get(ID) instanceof Long id ? id : 0;
    }
}
