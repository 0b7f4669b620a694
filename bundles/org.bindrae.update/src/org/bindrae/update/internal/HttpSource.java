package org.bindrae.update.internal;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A site on a web server. It gives up when nothing has come for {@code bindrae.update.timeout} seconds. */
final class HttpSource implements SiteSource {
    private static final int OK = 200;
    private static final Set<Integer> MISSING = Set.of(404, 410);
    private static final long GLANCE_MILLIS = 100;

    private final Duration patience = Duration.ofSeconds(Integer.getInteger("bindrae.update.timeout", 30));
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(patience).followRedirects(HttpClient.Redirect.NORMAL).build();
    private final URI root;

    /** @param root address that ends in a slash */
    HttpSource(URI root) {
        this.root = root;
    }

    @Override
    public void copy(String path, Path target) throws IOException {
        URI address = root.resolve(URI.create(path));
        HttpRequest request = HttpRequest.newBuilder(address).timeout(patience).build();
        CompletableFuture<HttpResponse<Path>> answer = client.sendAsync(request,
                info -> info.statusCode() == OK ? BodySubscribers.ofFile(target) : BodySubscribers.replacing(target));
        try {
            int status = await(answer, target).statusCode();
            if (MISSING.contains(status)) {
                throw new NoSuchFileException(address.toString(), null, "the server has no such file");
            }
            if (status != OK) {
                throw new IOException(address + ": the server answers with status " + status);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(address + ": interrupted");
        } catch (ExecutionException e) {
            throw new IOException(address + ": " + reason(e.getCause()), e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    /** Waits as long as something comes: the timeout of a request ends with its header. */
    private HttpResponse<Path> await(CompletableFuture<HttpResponse<Path>> answer, Path target) throws IOException, InterruptedException, ExecutionException {
        long size = -1;
        long since = System.nanoTime();
        while (true) {
            try {
                return answer.get(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                long now = Files.exists(target) ? Files.size(target) : -1;
                if (now != size) {
                    size = now;
                    since = System.nanoTime();
                } else if (System.nanoTime() - since > 2 * patience.toNanos()) {
                    throw new IOException(root + ": " + reason(e), e);
                }
            }
        }
    }

    private String reason(Throwable e) {
        return switch (e) {
            case HttpTimeoutException _ -> "the server did not answer for " + patience.toSeconds() + " s";
            case TimeoutException _ -> "the server sent nothing for " + 2 * patience.toSeconds() + " s";
            case ConnectException _ -> "the server cannot be reached; check the address and the network";
            default -> "the connection broke: " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        };
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
