package org.bindrae.data.ligand.internal;

import org.openscience.cdk.tools.ILoggingTool;

/** CDK's log, which would otherwise go to the error stream for every molecule: what matters there reaches us as an exception. */
public final class SilentLog implements ILoggingTool {
    private SilentLog() {
    }

    /** Called by CDK, by this name. */
    public static ILoggingTool create(Class<?> source) {
        return new SilentLog();
    }

    @Override
    public void dumpSystemProperties() {
        // silent
    }

    @Override
    public void setStackLength(int length) {
        // silent
    }

    @Override
    public void dumpClasspath() {
        // silent
    }

    @Override
    public void debug(Object object) {
        // silent
    }

    @Override
    public void debug(Object object, Object... objects) {
        // silent
    }

    @Override
    public void error(Object object) {
        // silent
    }

    @Override
    public void error(Object object, Object... objects) {
        // silent
    }

    @Override
    public void fatal(Object object) {
        // silent
    }

    @Override
    public void info(Object object) {
        // silent
    }

    @Override
    public void info(Object object, Object... objects) {
        // silent
    }

    @Override
    public void warn(Object object) {
        // silent
    }

    @Override
    public void warn(Object object, Object... objects) {
        // silent
    }

    @Override
    public boolean isDebugEnabled() {
        return false;
    }

    @Override
    public void setLevel(int level) {
        // always off
    }

    @Override
    public int getLevel() {
        return OFF;
    }
}
