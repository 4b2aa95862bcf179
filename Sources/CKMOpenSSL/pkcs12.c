/* Reads PKCS#12 (RFC 7292). OpenSSL's own structures would decode every certificate and key that a hostile file puts in
 * place of the private key. The two structures below leave the contents undecoded until their type is known. */
#include <openssl/asn1t.h>
#include <openssl/pkcs7.h>

#include "internal.h"

typedef struct km_content {
    ASN1_OBJECT *type;
    ASN1_TYPE *value;
} KM_CONTENT;

typedef struct km_pfx {
    ASN1_INTEGER *version;
    KM_CONTENT *safes;
    ASN1_TYPE *mac;
} KM_PFX;

ASN1_SEQUENCE(KM_CONTENT) = {
    ASN1_SIMPLE(KM_CONTENT, type, ASN1_OBJECT),
    ASN1_EXP_OPT(KM_CONTENT, value, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(KM_CONTENT)

ASN1_ITEM_TEMPLATE(KM_CONTENTS) = ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, KM_CONTENTS, KM_CONTENT)
static_ASN1_ITEM_TEMPLATE_END(KM_CONTENTS)

ASN1_SEQUENCE(KM_PFX) = {
    ASN1_SIMPLE(KM_PFX, version, ASN1_INTEGER),
    ASN1_SIMPLE(KM_PFX, safes, KM_CONTENT),
    ASN1_OPT(KM_PFX, mac, ASN1_ANY),
} static_ASN1_SEQUENCE_END(KM_PFX)

DEFINE_STACK_OF(KM_CONTENT)

static void free_content(KM_CONTENT *content) { ASN1_item_free((ASN1_VALUE *)content, ASN1_ITEM_rptr(KM_CONTENT)); }

static bool has_type(const KM_CONTENT *content, int nid, int value_type) {
    return OBJ_obj2nid(content->type) == nid && content->value != NULL && ASN1_TYPE_get(content->value) == value_type;
}

/* Loads the first private key among the bags of one safe. */
static km_result load_bags(km_load *load, const STACK_OF(PKCS12_SAFEBAG) *bags) {
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_keyBag: return km_load_key_info(load, PKCS12_SAFEBAG_get0_p8inf(bag));
        case NID_pkcs8ShroudedKeyBag: return km_load_encrypted_key_info(load, PKCS12_SAFEBAG_get0_pkcs8(bag));
        default: break;
        }
    }
    return KM_MALFORMED;
}

static km_result decrypt_bags(km_load *load, const KM_CONTENT *safe, STACK_OF(PKCS12_SAFEBAG) **bags) {
    PKCS7_ENCRYPT *encrypted = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PKCS7_ENCRYPT), safe->value);
    if (encrypted == NULL) return km_failure(KM_MALFORMED, load->reason);
    const PKCS7_ENC_CONTENT *content = encrypted->enc_data;
    km_result result = KM_OK;
    if (content == NULL || content->algorithm == NULL || content->enc_data == NULL) result = KM_MALFORMED;
    else if (!km_afford_algorithm(&load->rounds, content->algorithm)) result = KM_TOO_COSTLY;
    else if (load->passphrase == NULL) result = KM_PASSPHRASE_MISSING;
    if (result == KM_OK) {
        km_clear();
        *bags = PKCS12_item_decrypt_d2i(content->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), load->passphrase,
                                        load->passphrase_size, content->enc_data, 1);
        if (*bags == NULL) result = km_decryption_failure();
    }
    PKCS7_ENCRYPT_free(encrypted);
    return result;
}

static km_result load_safe(km_load *load, const KM_CONTENT *safe) {
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    km_result result = KM_MALFORMED;
    if (has_type(safe, NID_pkcs7_data, V_ASN1_OCTET_STRING)) {
        bags = ASN1_item_unpack(safe->value->value.octet_string, ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
        result = bags != NULL ? KM_OK : km_failure(KM_MALFORMED, load->reason);
    } else if (has_type(safe, NID_pkcs7_encrypted, V_ASN1_SEQUENCE)) {
        result = decrypt_bags(load, safe, &bags);
    }
    if (result == KM_OK) result = load_bags(load, bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return result;
}

static km_result load_contents(km_load *load, const KM_PFX *pfx) {
    STACK_OF(KM_CONTENT) *safes = ASN1_item_unpack(pfx->safes->value->value.octet_string, ASN1_ITEM_rptr(KM_CONTENTS));
    if (safes == NULL) return km_failure(KM_MALFORMED, load->reason);
    km_result result = KM_MALFORMED;
    /* The key is usually in the last safe, which is not encrypted, while the key itself is. The certificates are in the
     * safes before it. They are not needed, so it does not matter if their encryption algorithm is not available. */
    for (int i = sk_KM_CONTENT_num(safes) - 1; i >= 0; i--) {
        const km_result found = load_safe(load, sk_KM_CONTENT_value(safes, i));
        const bool is_final = found == KM_OK || found == KM_TOO_COSTLY || found == KM_FAILED;
        if (is_final || result == KM_MALFORMED) result = found;
        if (is_final) break;
    }
    sk_KM_CONTENT_pop_free(safes, free_content);
    return result;
}

static km_result verify_mac(km_load *load, PKCS12 *file) {
    int64_t unasked = load->unasked_rounds;
    if (!km_afford_mac(&load->rounds, file, 1)) return KM_TOO_COSTLY;
    if (load->passphrase != NULL) {
        km_clear();
        const bool is_verified = PKCS12_verify_mac(file, load->passphrase, load->passphrase_size) == 1;
        return is_verified ? KM_OK : km_decryption_failure();
    }
    /* A file without a passphrase may use NULL or an empty string, so there are two MACs to compute. */
    if (!km_afford_mac(&unasked, file, 2)) return KM_PASSPHRASE_MISSING;
    km_clear();
    if (PKCS12_verify_mac(file, NULL, 0) == 1 || PKCS12_verify_mac(file, "", 0) == 1) return KM_OK;
    return km_decryption_failure() == KM_FAILED ? KM_FAILED : KM_PASSPHRASE_MISSING;
}

static km_result load_pfx(km_load *load, const KM_PFX *pfx, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    if (!has_type(pfx->safes, NID_pkcs7_data, V_ASN1_OCTET_STRING)) return KM_MALFORMED;
    PKCS12 *file = d2i_PKCS12(NULL, &at, (long)size);
    if (file == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_result result = PKCS12_mac_present(file) ? verify_mac(load, file) : KM_OK;
    PKCS12_free(file);
    return result == KM_OK ? load_contents(load, pfx) : result;
}

km_result km_load_pkcs12(km_load *load, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    KM_PFX *pfx = (KM_PFX *)ASN1_item_d2i(NULL, &at, (long)size, ASN1_ITEM_rptr(KM_PFX));
    if (pfx == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_result result = at == der + size ? load_pfx(load, pfx, der, size) : KM_MALFORMED;
    ASN1_item_free((ASN1_VALUE *)pfx, ASN1_ITEM_rptr(KM_PFX));
    return result;
}
