package org.bindrae.training.report;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The fixed parts of a page: style sheet, script, and the policy that lets nothing else in. */
final class PageStyle {
    private static final String LAYOUT = """
            *{box-sizing:border-box}
            html{-webkit-text-size-adjust:100%}
            body{margin:0;background:var(--ground);color:var(--ink);
            font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','Liberation Sans',Arial,sans-serif}
            .page{max-width:1200px;margin:0 auto;padding:28px 24px 60px}
            h1{font-size:26px;margin:0 0 4px;letter-spacing:-.01em}
            h2{font-size:19px;margin:38px 0 12px}
            h3{font-size:15px;margin:0 0 8px}
            p{margin:0 0 10px;max-width:82ch}
            .muted{color:var(--muted)}
            .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(205px,1fr));gap:14px;margin:22px 0 8px}
            .card{background:var(--panel);border:1px solid var(--grid);border-radius:10px;padding:14px 16px;break-inside:avoid}
            .tile .what{font-size:13px;color:var(--muted)}
            .tile .number{font-size:28px;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em;margin:2px 0}
            .tile .unit{font-size:16px;font-weight:500;margin-left:3px}
            .tile .more{font-size:12.5px;color:var(--muted);font-variant-numeric:tabular-nums}
            .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:16px;align-items:start}
            .figures .wide{grid-column:1/-1}
            .figure{display:block;width:100%;height:auto}
            .scroll{overflow-x:auto}
            table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
            th,td{text-align:left;padding:5px 10px;border-bottom:1px solid var(--grid);white-space:nowrap}
            th{color:var(--muted);font-weight:600;border-bottom-color:var(--edge);white-space:normal;vertical-align:bottom;min-width:7ch;line-height:1.3}
            td.n,th.n{text-align:right}
            tbody tr:hover{background:var(--ground)}
            tr.group td{border-top:1px solid var(--edge)}
            td.name{max-width:34ch;overflow:hidden;text-overflow:ellipsis}
            .note{font-size:12.5px;color:var(--muted);margin:8px 0 0;max-width:100ch}
            .sortable th{padding:0}
            .sortable button{all:unset;cursor:pointer;padding:5px 10px;display:block;width:100%;box-sizing:border-box}
            .sortable th.n button{text-align:right}
            .sortable button:focus-visible{outline:2px solid var(--m0)}
            .sortable th[aria-sort=ascending] button::after{content:" ↑"}
            .sortable th[aria-sort=descending] button::after{content:" ↓"}
            details{margin:0 0 14px}
            summary{cursor:pointer;font-weight:600}
            details .card,details .scroll{margin-top:10px}
            dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:13.5px}
            dt{color:var(--muted)}
            dd{margin:0;overflow-wrap:anywhere}
            ul{margin:6px 0;padding-left:20px;font-size:13.5px}
            li{overflow-wrap:anywhere}
            code{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace;font-size:.92em}
            @media print{body{background:#fff;font-size:11px}.page{max-width:none;padding:0}.card{border-color:#ccc}.figures{grid-template-columns:1fr 1fr}
            h2{break-after:avoid}table{font-size:9px}
            th,td{padding:2px 5px}tr{break-inside:avoid}.sortable th[aria-sort] button::after{content:""}}
            """;

    /** Sorts a table by the column whose title is clicked; numbers largest first. */
    private static final String SCRIPT = """
            for (const table of document.querySelectorAll('table.sortable')) {
              const body = table.tBodies[0];
              table.querySelectorAll('th').forEach((head, column) => head.querySelector('button').addEventListener('click', () => {
                const numeric = head.classList.contains('n');
                const down = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'ascending' : numeric;
                const key = row => numeric ? parseFloat(row.cells[column].dataset.v) : row.cells[column].textContent;
                const rows = Array.from(body.rows);
                rows.sort((a, b) => {
                  const x = key(a), y = key(b);
                  if (numeric && (isNaN(x) || isNaN(y))) return isNaN(x) - isNaN(y);
                  const order = numeric ? x - y : x.localeCompare(y);
                  return down ? -order : order;
                });
                table.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
                head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
                rows.forEach(row => body.appendChild(row));
              }));
            }
            """;

    private PageStyle() {
    }

    /** The head of a page. */
    static String head(String title) {
        String css = "\n" + Theme.page() + LAYOUT;
        String policy = "default-src 'none'; style-src 'sha256-" + hash(css) + "'; script-src 'sha256-" + hash(script())
                + "'; base-uri 'none'; form-action 'none'";
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy
                + "\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" + Markup.escape(title) + "</title>\n<style>" + css
                + "</style>\n</head>\n";
    }

    /** The script, as it stands between its tags. */
    static String script() {
        return "\n" + SCRIPT;
    }

    private static String hash(String text) {
        try {
            return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
