package org.bindrae.training.report;

/**
 * What a report shows beside the numbers.
 *
 * @param title of the page
 * @param pocket id of the structure whose pocket is drawn; null for a typical one: that whose share of right χ1 lies in the middle
 * @param curves of the training run; null for none
 */
public record ReportOptions(String title, String pocket, LossCurves curves) {
    public static ReportOptions defaults() {
        return new ReportOptions("Side-chain prediction", null, null);
    }
}
