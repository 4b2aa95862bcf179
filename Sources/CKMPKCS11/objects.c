/* Objects: finds, reads, creates, changes and generates them. */
#ifdef KM_PKCS11
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* No attribute that the package reads is longer. */
#define MAXIMUM_ATTRIBUTE_SIZE (1UL << 20)

km_rv km_p11_find(const km_p11 *module, km_number session, const km_p11_template *template, km_number *objects,
                  size_t capacity, size_t *count) {
    *count = 0;
    km_rv rv = KM_P11_CALL(module, C_FindObjectsInit, session, template->attributes, template->count);
    if (rv != CKR_OK) return rv;
    CK_ULONG found = 1;
    while (found > 0 && *count < capacity) {
        found = 0;
        rv = KM_P11_CALL(module, C_FindObjects, session, objects + *count, capacity - *count, &found);
        if (rv == CKR_OK && found > capacity - *count) rv = CKR_DEVICE_ERROR;
        if (rv != CKR_OK) break;
        *count += found;
    }
    /* The search ends also after a failure; otherwise the session could not begin another. */
    const km_rv end = KM_P11_CALL(module, C_FindObjectsFinal, session);
    if (rv == CKR_OK) rv = end;
    if (rv != CKR_OK) *count = 0;
    return rv;
}

km_rv km_p11_attribute(const km_p11 *module, km_number session, km_number object, km_number type,
                       km_p11_buffer *value) {
    *value = (km_p11_buffer){NULL, 0};
    CK_ATTRIBUTE attribute = {type, NULL, 0};
    km_rv rv = KM_P11_CALL(module, C_GetAttributeValue, session, object, &attribute, 1);
    if (rv != CKR_OK) return rv;
    if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attribute.ulValueLen > MAXIMUM_ATTRIBUTE_SIZE) return CKR_DEVICE_ERROR;
    const size_t size = attribute.ulValueLen;
    uint8_t *bytes = calloc(1, size > 0 ? size : 1);
    if (bytes == NULL) return CKR_HOST_MEMORY;
    attribute.pValue = bytes;
    rv = KM_P11_CALL(module, C_GetAttributeValue, session, object, &attribute, 1);
    if (rv == CKR_OK && attribute.ulValueLen > size) rv = CKR_DEVICE_ERROR;
    if (rv != CKR_OK) {
        km_p11_buffer_free((km_p11_buffer){bytes, size});
        return rv;
    }
    *value = (km_p11_buffer){bytes, attribute.ulValueLen};
    return CKR_OK;
}

km_rv km_p11_create_object(const km_p11 *module, km_number session, const km_p11_template *template,
                           km_number *object) {
    *object = 0;
    return KM_P11_CALL(module, C_CreateObject, session, template->attributes, template->count, object);
}

km_rv km_p11_change_object(const km_p11 *module, km_number session, km_number object,
                           const km_p11_template *template) {
    return KM_P11_CALL(module, C_SetAttributeValue, session, object, template->attributes, template->count);
}

km_rv km_p11_destroy_object(const km_p11 *module, km_number session, km_number object) {
    return KM_P11_CALL(module, C_DestroyObject, session, object);
}

km_rv km_p11_generate_key(const km_p11 *module, km_number session, km_number mechanism,
                          const km_p11_template *template, km_number *key) {
    CK_MECHANISM parameterless = {mechanism, NULL, 0};
    *key = 0;
    return KM_P11_CALL(module, C_GenerateKey, session, &parameterless, template->attributes, template->count, key);
}

km_rv km_p11_generate_pair(const km_p11 *module, km_number session, km_number mechanism,
                           const km_p11_template *public_template, const km_p11_template *private_template,
                           km_number *public_key, km_number *private_key) {
    CK_MECHANISM parameterless = {mechanism, NULL, 0};
    *public_key = 0;
    *private_key = 0;
    return KM_P11_CALL(module, C_GenerateKeyPair, session, &parameterless, public_template->attributes,
                       public_template->count, private_template->attributes, private_template->count, public_key,
                       private_key);
}
#endif
