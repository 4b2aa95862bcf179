/* Templates: lists of attributes. */
#ifdef KM_PKCS11
#include <stdlib.h>
#include <string.h>

#include "internal.h"

km_rv km_p11_template_create(km_p11_template **template) {
    *template = calloc(1, sizeof **template);
    return *template == NULL ? CKR_HOST_MEMORY : CKR_OK;
}

void km_p11_template_free(km_p11_template *template) {
    if (template == NULL) return;
    for (size_t i = 0; i < template->count; i++) {
        km_p11_erase(template->attributes[i].pValue, template->attributes[i].ulValueLen);
        free(template->attributes[i].pValue);
    }
    free(template->attributes);
    free(template);
}

static km_rv add(km_p11_template *template, km_number type, const void *value, size_t size) {
    if (template->count == template->capacity) {
        const size_t capacity = template->capacity * 2 + 8;
        CK_ATTRIBUTE *larger = realloc(template->attributes, capacity * sizeof *larger);
        if (larger == NULL) return CKR_HOST_MEMORY;
        template->attributes = larger;
        template->capacity = capacity;
    }
    km_p11_buffer copy;
    const km_rv rv = km_p11_copy(value, size, &copy);
    if (rv != CKR_OK) return rv;
    template->attributes[template->count++] = (CK_ATTRIBUTE){type, copy.bytes, copy.size};
    return CKR_OK;
}

km_rv km_p11_template_add_bool(km_p11_template *template, km_number type, bool value) {
    const CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
    return add(template, type, &byte, sizeof byte);
}

km_rv km_p11_template_add_number(km_p11_template *template, km_number type, km_number value) {
    return add(template, type, &value, sizeof value);
}

km_rv km_p11_template_add_bytes(km_p11_template *template, km_number type, const uint8_t *bytes, size_t size) {
    return add(template, type, bytes, size);
}
#endif
