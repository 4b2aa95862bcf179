/* The yardstick of `kmsec speed`: the same work as a bare loop over OpenSSL, with every key, algorithm and context
 * prepared, no checks beyond return values, one thread. It is no part of the library, and nothing in it is hardened.
 *
 * Every function runs `count` rounds and returns the nanoseconds they took, or -1 when OpenSSL failed. */
#ifndef CKMFLOOR_H
#define CKMFLOOR_H

#include <stddef.h>
#include <stdint.h>

typedef struct km_floor km_floor;

/* Of a PKCS#8 DER private key, whose public half encrypts; a key for HMAC; a protected header in base64url; and a body,
 * which is encrypted with AES of `content_key_size` bytes. Everything is copied. NULL when OpenSSL failed. */
km_floor *km_floor_create(const uint8_t *pkcs8, size_t pkcs8_size, const uint8_t *mac_key, size_t mac_key_size,
                          const char *encoded_header, size_t content_key_size, const uint8_t *body, size_t body_size);
void km_floor_free(km_floor *floor);

/* Content key, IV, RSA-OAEP, AES-GCM and base64url into `{"encData":"…"}`. */
int64_t km_floor_encrypt(km_floor *floor, size_t count);
/* The reverse, of the last message that km_floor_encrypt made. */
int64_t km_floor_decrypt(km_floor *floor, size_t count);
/* HMAC-SHA-256 of the body. */
int64_t km_floor_authenticate(km_floor *floor, size_t count);
/* HMAC-SHA-256 of the body, and its Base64 behind `KMV1:<time>:`. */
int64_t km_floor_sign(km_floor *floor, size_t count);

#endif
