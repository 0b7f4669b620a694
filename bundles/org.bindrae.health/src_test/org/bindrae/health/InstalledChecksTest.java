package org.bindrae.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.bindrae.health.Finding.State;
import org.junit.jupiter.api.Test;

class InstalledChecksTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void aCheckThatBreaksOffCostsItsOwnAnswerOnly() throws InterruptedException {
        HealthCheck broken = () -> {
            throw new NoClassDefFoundError("org/lab/Thing");
        };
        List<Finding> findings = new InstalledChecks(List.of(broken, () -> List.of(Finding.ok("this", "is well"))), SOON).findings();
        assertEquals(2, findings.size());
        assertEquals(State.FAILED, findings.get(0).state());
        assertTrue(findings.get(0).text().contains("org/lab/Thing") && findings.get(0).remedy().contains(getClass().getName()), findings.get(0)::toString);
        assertEquals(Finding.ok("this", "is well"), findings.get(1));
    }

    @Test
    void aCheckThatDoesNotAnswerIsInterruptedAndNamed() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        HealthCheck stuck = () -> {
            try {
                new CountDownLatch(1).await();
                return List.of();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        };
        List<Finding> findings = new InstalledChecks(List.of(() -> List.of(Finding.note("this", "answers")), stuck), Duration.ofMillis(300)).findings();
        assertEquals(List.of(State.NOTE, State.FAILED), findings.stream().map(Finding::state).toList());
        assertTrue(findings.get(1).text().startsWith("no answer within "), findings.get(1)::toString);
        interrupted.await();
    }

    @Test
    void whatIsFoundIsOneLine() {
        assertEquals(new Finding(State.WARNING, "driver", "it is old and slow", "buy another"),
                Finding.warning(" driver", "it is old\n  and slow\n", "buy\nanother"));
    }
}
