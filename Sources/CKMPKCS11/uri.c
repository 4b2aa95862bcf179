/* URIs of RFC 7512, by libp11-kit. */
#ifdef KM_PKCS11
#include <stdlib.h>
#include <string.h>

#include "internal.h"

km_p11_uri_fault km_p11_uri_parse(const char *text, km_p11_uri **uri) {
    *uri = NULL;
    km_p11_uri *made = calloc(1, sizeof *made);
    if (made != NULL) made->uri = p11_kit_uri_new();
    if (made == NULL || made->uri == NULL) {
        km_p11_uri_free(made);
        return KM_P11_URI_FAILED;
    }
    km_p11_uri_fault fault = KM_P11_URI_OK;
    switch (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, made->uri)) {
    case P11_KIT_URI_OK: break;
    case P11_KIT_URI_BAD_SCHEME: fault = KM_P11_URI_SCHEME; break;
    case P11_KIT_URI_BAD_ENCODING: fault = KM_P11_URI_ENCODING; break;
    case P11_KIT_URI_BAD_SYNTAX: fault = KM_P11_URI_SYNTAX; break;
    case P11_KIT_URI_BAD_VERSION: fault = KM_P11_URI_VERSION; break;
    /* P11_KIT_URI_UNEXPECTED: some malformed texts have it, too. */
    default: fault = KM_P11_URI_SYNTAX; break;
    }
    if (fault == KM_P11_URI_OK && p11_kit_uri_any_unrecognized(made->uri)) fault = KM_P11_URI_UNRECOGNIZED;
    if (fault == KM_P11_URI_OK) *uri = made;
    else km_p11_uri_free(made);
    return fault;
}

void km_p11_uri_free(km_p11_uri *uri) {
    if (uri == NULL) return;
    p11_kit_uri_free(uri->uri);
    free(uri);
}

const char *km_p11_uri_module_path(const km_p11_uri *uri) { return p11_kit_uri_get_module_path(uri->uri); }

const char *km_p11_uri_module_name(const km_p11_uri *uri) { return p11_kit_uri_get_module_name(uri->uri); }

const char *km_p11_uri_pin_source(const km_p11_uri *uri) { return p11_kit_uri_get_pin_source(uri->uri); }

bool km_p11_uri_has_pin_value(const km_p11_uri *uri) { return p11_kit_uri_get_pin_value(uri->uri) != NULL; }

km_rv km_p11_uri_matches_slot(const km_p11_uri *uri, const km_p11 *module, km_number slot, bool *matches) {
    CK_INFO info;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    *matches = false;
    memset(&info, 0, sizeof info);
    memset(&slot_info, 0, sizeof slot_info);
    memset(&token_info, 0, sizeof token_info);
    km_rv rv = KM_P11_CALL(module, C_GetInfo, &info);
    if (rv == CKR_OK) rv = KM_P11_CALL(module, C_GetSlotInfo, slot, &slot_info);
    if (rv == CKR_OK) rv = KM_P11_CALL(module, C_GetTokenInfo, slot, &token_info);
    if (rv != CKR_OK) return rv;
    const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri->uri);
    *matches = p11_kit_uri_match_module_info(uri->uri, &info) && p11_kit_uri_match_slot_info(uri->uri, &slot_info)
        && p11_kit_uri_match_token_info(uri->uri, &token_info) && (wanted == (CK_SLOT_ID)-1 || wanted == slot);
    return CKR_OK;
}

km_rv km_p11_uri_add_attributes(const km_p11_uri *uri, km_p11_template *template) {
    CK_ULONG count = 0;
    const CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri->uri, &count);
    km_rv rv = CKR_OK;
    const size_t before = template->count;
    for (CK_ULONG i = 0; i < count && rv == CKR_OK; i++) {
        const CK_ATTRIBUTE *same = NULL;
        for (size_t j = 0; j < before; j++) {
            if (template->attributes[j].type == attributes[i].type) same = &template->attributes[j];
        }
        if (same == NULL) {
            rv = km_p11_template_add_bytes(template, attributes[i].type, attributes[i].pValue, attributes[i].ulValueLen);
        } else if (same->ulValueLen != attributes[i].ulValueLen
                   || memcmp(same->pValue, attributes[i].pValue, same->ulValueLen) != 0) {
            rv = CKR_ARGUMENTS_BAD;
        }
    }
    return rv;
}

bool km_p11_uri_names_object(const km_p11_uri *uri) {
    CK_ULONG count = 0;
    return p11_kit_uri_get_attributes(uri->uri, &count) != NULL && count > 0;
}

bool km_p11_uri_names_key(const km_p11_uri *uri) {
    return p11_kit_uri_get_attribute(uri->uri, CKA_LABEL) != NULL || p11_kit_uri_get_attribute(uri->uri, CKA_ID) != NULL;
}

static km_rv format(P11KitUri *uri, P11KitUriType type, km_p11_buffer *text) {
    char *string = NULL;
    *text = (km_p11_buffer){NULL, 0};
    if (p11_kit_uri_format(uri, type, &string) != P11_KIT_URI_OK || string == NULL) return CKR_HOST_MEMORY;
    const km_rv rv = km_p11_copy(string, strlen(string), text);
    free(string);
    return rv;
}

km_rv km_p11_uri_format(const km_p11_uri *uri, bool with_object, km_p11_buffer *text) {
    const P11KitUriType token = P11_KIT_URI_FOR_TOKEN | P11_KIT_URI_FOR_SLOT;
    char *string = NULL;
    *text = (km_p11_buffer){NULL, 0};
    if (p11_kit_uri_format(uri->uri, with_object ? token | P11_KIT_URI_FOR_OBJECT : token, &string) != P11_KIT_URI_OK
        || string == NULL) return CKR_HOST_MEMORY;
    /* The query has the module's path and the source of the PIN. */
    const km_rv rv = km_p11_copy(string, strcspn(string, "?"), text);
    km_p11_erase(string, strlen(string));
    free(string);
    return rv;
}

/* Sets an attribute of the URI to that of the object, if the object has it. */
static km_rv set_attribute(P11KitUri *uri, const km_p11 *module, km_number session, km_number object, km_number type) {
    km_p11_buffer value;
    const km_rv rv = km_p11_attribute(module, session, object, type, &value);
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE) return CKR_OK;
    if (rv != CKR_OK) return rv;
    CK_ATTRIBUTE attribute = {type, value.bytes, value.size};
    const int result = value.size == 0 ? P11_KIT_URI_OK : p11_kit_uri_set_attribute(uri, &attribute);
    km_p11_buffer_free(value);
    return result == P11_KIT_URI_OK ? CKR_OK : CKR_HOST_MEMORY;
}

km_rv km_p11_uri_of_object(const km_p11 *module, km_number slot, km_number session, km_number object,
                           km_p11_buffer *text) {
    *text = (km_p11_buffer){NULL, 0};
    P11KitUri *uri = p11_kit_uri_new();
    if (uri == NULL) return CKR_HOST_MEMORY;
    CK_TOKEN_INFO_PTR info = p11_kit_uri_get_token_info(uri);
    km_rv rv = KM_P11_CALL(module, C_GetTokenInfo, slot, info);
    if (rv == CKR_OK) rv = set_attribute(uri, module, session, object, CKA_CLASS);
    if (rv == CKR_OK) rv = set_attribute(uri, module, session, object, CKA_ID);
    if (rv == CKR_OK) rv = set_attribute(uri, module, session, object, CKA_LABEL);
    if (rv == CKR_OK) rv = format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, text);
    p11_kit_uri_free(uri);
    return rv;
}

km_rv km_p11_uri_of_token(const km_p11 *module, km_number slot, km_p11_buffer *text) {
    *text = (km_p11_buffer){NULL, 0};
    P11KitUri *uri = p11_kit_uri_new();
    if (uri == NULL) return CKR_HOST_MEMORY;
    km_rv rv = KM_P11_CALL(module, C_GetTokenInfo, slot, p11_kit_uri_get_token_info(uri));
    if (rv == CKR_OK) rv = format(uri, P11_KIT_URI_FOR_TOKEN, text);
    p11_kit_uri_free(uri);
    return rv;
}
#endif
