/* Creates RSA keys from integers, which come from a JWK or from der.c, and reads integers from keys. Every key that is
 * not generated is created here, so that its integers are always checked. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "internal.h"

#define MAXIMUM_EXPONENT_SIZE 8

static const char *const names[KM_RSA_COMPONENTS] = {
    OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static km_integer without_leading_zeros(km_integer integer) {
    while (integer.size > 0 && integer.bytes[0] == 0) {
        integer.bytes++;
        integer.size--;
    }
    return integer;
}

static size_t bit_count(km_integer integer) {
    size_t count = integer.size * 8;
    for (int top = integer.bytes[0]; top < 0x80; top <<= 1) count--;
    return count;
}

/* Checks that OpenSSL can safely work with the integers. Writes them to `checked` without leading zeros. */
static km_status check(const km_integer *integers, size_t count, km_integer *checked, char *reason) {
    for (size_t i = 0; i < count; i++) {
        checked[i] = without_leading_zeros(integers[i]);
        if (checked[i].size == 0) return km_invalid_integer(i, "is zero", reason);
    }
    const km_integer n = checked[0], e = checked[1];
    /* Compare the size in bytes first: for a huge size, the number of bits could overflow. */
    if (n.size > KM_RSA_MAXIMUM_BITS / 8 || bit_count(n) > KM_RSA_MAXIMUM_BITS) return KM_TOO_LONG;
    if (n.bytes[n.size - 1] % 2 == 0) return km_invalid_integer(0, "is even", reason);
    if (e.size > MAXIMUM_EXPONENT_SIZE) return km_invalid_integer(1, "is longer than 64 bits", reason);
    if (e.bytes[e.size - 1] % 2 == 0) return km_invalid_integer(1, "is even", reason);
    if (e.size == 1 && e.bytes[0] == 1) return km_invalid_integer(1, "is 1", reason);
    for (size_t i = KM_RSA_PUBLIC_COMPONENTS; i < count; i++) {
        if (checked[i].size > n.size) return km_invalid_integer(i, "is longer than n", reason);
    }
    return KM_DONE;
}

km_status km_rsa_from_components(const km_integer *components, size_t count, km_rsa **key, char *reason) {
    const int is_private = count > KM_RSA_PUBLIC_COMPONENTS;
    km_integer checked[KM_RSA_COMPONENTS];
    BIGNUM *numbers[KM_RSA_COMPONENTS] = {NULL};
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = NULL;
    EVP_PKEY *pkey = NULL;
    *key = NULL;
    reason[0] = '\0';
    if (count != KM_RSA_PUBLIC_COMPONENTS && count != KM_RSA_PUBLIC_COMPONENTS + 1 && count != KM_RSA_COMPONENTS) {
        return KM_MALFORMED;
    }
    const km_status status = check(components, count, checked, reason);
    if (status != KM_DONE) return status;
    ERR_clear_error();
    builder = OSSL_PARAM_BLD_new();
    if (builder == NULL) goto end;
    for (size_t i = 0; i < count; i++) {
        /* Private integers are marked secure, so that the built parameters are cleansed when they are freed. */
        BIGNUM *number = i < KM_RSA_PUBLIC_COMPONENTS ? BN_new() : BN_secure_new();
        numbers[i] = number;
        if (number == NULL || BN_bin2bn(checked[i].bytes, (int)checked[i].size, number) == NULL) goto end;
        if (OSSL_PARAM_BLD_push_BN(builder, names[i], number) != 1) goto end;
    }
    parameters = OSSL_PARAM_BLD_to_param(builder);
    context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1) goto end;
    if (EVP_PKEY_fromdata(context, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) != 1) goto end;
    *key = km_rsa_adopt(pkey, is_private);
end:
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < KM_RSA_COMPONENTS; i++) BN_clear_free(numbers[i]);
    (void)km_clear_with_reason(reason);
    return *key != NULL ? KM_DONE : KM_FAILED;
}

uint8_t *km_rsa_copy_component(const km_rsa *key, size_t index, size_t *size) {
    BIGNUM *number = NULL;
    uint8_t *bytes = NULL;
    if (index < KM_RSA_PUBLIC_COMPONENTS && EVP_PKEY_get_bn_param(key->pkey, names[index], &number) == 1) {
        const int length = BN_num_bytes(number);
        bytes = km_secret_allocate((size_t)length);
        if (bytes != NULL) {
            BN_bn2bin(number, bytes);
            *size = (size_t)length;
        }
    }
    BN_free(number);
    km_clear();
    return bytes;
}
