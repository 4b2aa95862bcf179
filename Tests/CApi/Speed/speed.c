/* speed.c PANS KEY: measures on one thread how many PARs the library derives in a second from a file of PANs of 16 digits, one on
 * each line: as rows, as an Arrow column, and one by one; and how many HMACs OpenSSL alone computes. */
#include <kmsecurity.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(const char *name, size_t count, double seconds) {
    printf("%-28s %10.0f per second, %6.0f ns each\n", name, (double)count / seconds, seconds * 1e9 / (double)count);
}

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_array(struct ArrowArray *array) { array->release = NULL; }

#define REQUIRE(condition) do { if (!(condition)) { fprintf(stderr, "failed: %s\n", #condition); return 1; } } while (0)

int main(int count, char **arguments) {
    REQUIRE(count == 3);
    FILE *stream = fopen(arguments[1], "rb");
    REQUIRE(stream != NULL && fseek(stream, 0, SEEK_END) == 0);
    size_t rows = (size_t)ftell(stream) / 17, size = 0;
    rewind(stream);
    uint8_t *lines = malloc(17 * rows), *pans = malloc(16 * rows), *pars = malloc(27 * rows);
    int64_t *offsets = malloc(8 * (rows + 1));
    int32_t *small = malloc(4 * (rows + 1));
    REQUIRE(lines && pans && pars && offsets && small && fread(lines, 17, rows, stream) == rows);
    for (size_t row = 0; row <= rows; row++) small[row] = (int32_t)(offsets[row] = (int64_t)(16 * row));
    for (size_t row = 0; row < rows; row++) memcpy(pans + 16 * row, lines + 17 * row, 16);

    km_error error;
    km_tokenizer *tokenizer;
    REQUIRE(km_tokenizer_create_from_file(arguments[2], 1, NULL, &tokenizer, &error) == KM_SUCCESS);
    double start = now();
    REQUIRE(km_par_derive_many(tokenizer, pans, 16 * rows, offsets, rows, 16, pars, 27 * rows, &size, NULL,
           &error) == KM_SUCCESS);
    report("rows", rows, now() - start);

    const void *buffers[] = {NULL, small, pans};
    struct ArrowSchema schema = {.format = "u", .name = "", .release = release_schema}, par_schema;
    struct ArrowArray array = {.length = (int64_t)rows, .n_buffers = 3, .buffers = buffers, .release = release_array},
           par_array;
    start = now();
    REQUIRE(km_par_derive_arrow(tokenizer, &schema, &array, 16, KM_INVALID_ROWS_FAIL, &par_schema, &par_array, NULL,
           &error) == KM_SUCCESS);
    report("Arrow column", rows, now() - start);
    REQUIRE(memcmp(par_array.buffers[2], pars, 27 * rows) == 0);
    par_array.release(&par_array);

    start = now();
    for (size_t row = 0; row < rows; row++)
        REQUIRE(km_par_derive(tokenizer, pans + 16 * row, 16, 16, pars, 27, &size, &error) == KM_SUCCESS);
    report("one by one", rows, now() - start);
    km_tokenizer_free(tokenizer);

    /* The message of a derivation has 39 octets. The key stays in the context. */
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    REQUIRE(EVP_MAC_init(context, lines, 32, parameters) == 1);
    uint8_t message[39] = {0}, code[32];
    start = now();
    for (size_t row = 0; row < rows; row++) {
        memcpy(message + 23, pans + 16 * row, 16);
        REQUIRE(EVP_MAC_init(context, NULL, 0, NULL) && EVP_MAC_update(context, message, 39) && EVP_MAC_final(context,
               code, &size, 32));
    }
    report("HMAC of OpenSSL alone", rows, now() - start);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return 0;
}
