package org.bindrae.tensor;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What operations of devices make of a constant of the host before they use it, such as index lists in the layout of a kernel: each form is made once, by
 * whoever asks for it first, and lives as long as the constant. The constant does not change meanwhile. Any thread may ask.
 */
public final class DeviceForms {
    private final Map<Object, Object> forms = new ConcurrentHashMap<>();

    /**
     * A form.
     *
     * @param key says of which kind it is, and what it depends on besides the constant
     * @param make makes it when there is none of that key
     */
    public <T> T of(Class<T> type, Object key, Supplier<T> make) {
        return type.cast(forms.computeIfAbsent(key, _ -> make.get()));
    }
}
