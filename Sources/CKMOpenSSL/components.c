/* Creates RSA keys from integers, which come from a JWK or from der.c, and reads integers from keys. Every key that is
 * not generated is created here, so that its integers are always checked. */
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "internal.h"

/* The limit that OpenSSL itself has for long keys. */
#define MAXIMUM_EXPONENT_SIZE 8

static const char *const names[KM_COMPONENTS] = {
    OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

const char *km_parameter_name(km_component component) { return names[component]; }

static km_bytes without_leading_zeros(km_bytes integer) {
    while (integer.size > 0 && integer.bytes[0] == 0) {
        integer.bytes++;
        integer.size--;
    }
    return integer;
}

static size_t bit_count(km_bytes integer) {
    size_t count = integer.size * 8;
    for (int top = integer.bytes[0]; top < 0x80; top <<= 1) count--;
    return count;
}

/* Checks that OpenSSL can safely work with the integers. Writes them to `checked` without leading zeros. */
static km_result check(const km_load *load, const km_bytes *integers, size_t count, km_bytes *checked) {
    char *const reason = load->reason;
    for (size_t i = 0; i < count; i++) {
        checked[i] = without_leading_zeros(integers[i]);
        if (checked[i].size == 0) return km_invalid_integer(i, "is zero", reason);
    }
    const km_bytes n = checked[0], e = checked[1];
    /* Compare the size in bytes first: for a huge size, the number of bits could overflow. */
    if (n.size > KM_RSA_MAXIMUM_SIZE || bit_count(n) > load->maximum_bits) return KM_TOO_LONG;
    if (n.bytes[n.size - 1] % 2 == 0) return km_invalid_integer(0, "is even", reason);
    if (e.size > MAXIMUM_EXPONENT_SIZE) return km_invalid_integer(1, "is longer than 64 bits", reason);
    if (e.bytes[e.size - 1] % 2 == 0) return km_invalid_integer(1, "is even", reason);
    if (e.size == 1 && e.bytes[0] == 1) return km_invalid_integer(1, "is 1", reason);
    for (size_t i = KM_PUBLIC_COMPONENTS; i < count; i++) {
        if (checked[i].size > n.size) return km_invalid_integer(i, "is longer than n", reason);
    }
    return KM_OK;
}

/* Returns NULL when OpenSSL fails, with the reason in the error queue. */
static OSSL_PARAM *build_parameters(const km_bytes *integers, size_t count) {
    BIGNUM *numbers[KM_COMPONENTS] = {NULL};
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    size_t pushed = 0;
    while (builder != NULL && pushed < count) {
        /* Private integers are marked secure, so that the built parameters are cleansed when they are freed. */
        BIGNUM *number = pushed < KM_PUBLIC_COMPONENTS ? BN_new() : BN_secure_new();
        numbers[pushed] = number;
        if (number == NULL || BN_bin2bn(integers[pushed].bytes, (int)integers[pushed].size, number) == NULL
            || OSSL_PARAM_BLD_push_BN(builder, names[pushed], number) != 1) break;
        pushed++;
    }
    if (pushed == count) parameters = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < count; i++) BN_clear_free(numbers[i]);
    return parameters;
}

km_result km_load_components(km_load *load, const km_bytes *integers, size_t count) {
    const bool is_private = count > KM_PUBLIC_COMPONENTS;
    km_bytes checked[KM_COMPONENTS];
    EVP_PKEY *pkey = NULL;
    load->key = NULL;
    load->reason[0] = '\0';
    if (load->maximum_bits > OPENSSL_RSA_MAX_MODULUS_BITS) return KM_MISUSED;
    const km_result result = check(load, integers, count, checked);
    if (result != KM_OK) return result;
    km_clear();
    OSSL_PARAM *parameters = build_parameters(checked, count);
    EVP_PKEY_CTX *context = parameters == NULL ? NULL : EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1
        && EVP_PKEY_fromdata(context, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) == 1) {
        load->key = km_rsa_adopt(pkey, is_private);
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    const unsigned long cause = ERR_peek_error();
    (void)km_clear_with_reason(load->reason); /* no other result depends on whether memory was short */
    if (load->key != NULL) return KM_OK;
    /* OpenSSL 3.5 and later compare the primes with the modulus here; earlier versions accept any integers. */
    const bool differs = ERR_GET_LIB(cause) == ERR_LIB_RSA && ERR_GET_REASON(cause) == RSA_R_INVALID_KEYPAIR;
    return differs ? KM_INCONSISTENT : KM_FAILED;
}

km_result km_rsa_from_components(const km_bytes *components, size_t count, size_t maximum_bits, km_rsa **key,
                                 char *reason) {
    km_load load = {.maximum_bits = maximum_bits, .reason = reason};
    *key = NULL;
    reason[0] = '\0';
    if (count != KM_PUBLIC_COMPONENTS && count != KM_PUBLIC_COMPONENTS + 1 && count != KM_COMPONENTS) return KM_MISUSED;
    const km_result result = km_load_components(&load, components, count);
    *key = load.key;
    return result;
}

km_result km_rsa_copy_component(const km_rsa *key, km_component component, km_buffer *out) {
    BIGNUM *number = NULL;
    *out = (km_buffer){NULL, 0};
    if (component != KM_N && component != KM_E) return KM_MISUSED;
    km_result result = KM_FAILED;
    if (EVP_PKEY_get_bn_param(key->pkey, names[component], &number) == 1) result = km_copy_number(number, out);
    BN_free(number);
    km_clear();
    return result;
}
