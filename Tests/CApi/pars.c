#include "checks.h"
#include <stdlib.h>
#include <string.h>

#define PAN "9491339401250765"

static const uint8_t key[32] = "0123456789abcdef0123456789abcdef";

km_tokenizer *make_tokenizer(const char *prefix) {
    km_error error;
    km_tokenizer *tokenizer;
    EXPECT(KM_SUCCESS, km_tokenizer_create(key, 32, 1, prefix, &tokenizer, &error));
    return tokenizer;
}

static void derive(const km_tokenizer *tokenizer, const char *pan, uint8_t *par, size_t par_size) {
    km_error error;
    size_t size = 0;
    EXPECT(KM_SUCCESS, km_par_derive(tokenizer, (const uint8_t *)pan, strlen(pan), 0, par, par_size, &size, &error));
    CHECK(size == par_size);
}

/* Derives the PAR of a text, which must give a status. */
static void expect_pan(km_status expected, const km_tokenizer *tokenizer, const char *pan, uint32_t digit_count) {
    km_error error;
    size_t size;
    uint8_t par[27];
    EXPECT(expected, km_par_derive(tokenizer, (const uint8_t *)pan, strlen(pan), digit_count, par, 27, &size, &error));
    CHECK(error.row == -1);
}

void test_tokenizers(void) {
    km_error error;
    km_tokenizer *tokenizer = (km_tokenizer *)1;
    uint8_t first[29], second[29];
    size_t size;
    EXPECT(KM_ERROR_INVALID_SIZE, km_tokenizer_create(key, 15, 1, NULL, &tokenizer, &error));
    CHECK(tokenizer == NULL);
    EXPECT(KM_ERROR_INVALID_SIZE, km_tokenizer_create(NULL, 0, 1, NULL, &tokenizer, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_tokenizer_create(NULL, 32, 1, NULL, &tokenizer, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_tokenizer_create(key, SIZE_MAX, 1, NULL, &tokenizer, &error));
    EXPECT(KM_ERROR_PAR_MALFORMED, km_tokenizer_create(key, 32, 1, "q1", &tokenizer, &error));
    EXPECT(KM_ERROR_PAR_MALFORMED, km_tokenizer_create(key, 32, 1, "", &tokenizer, &error));
    EXPECT(KM_ERROR_FILE_UNREADABLE, km_tokenizer_create_from_file(path_of("missing"), 1, NULL, &tokenizer, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_tokenizer_create_from_file(NULL, 1, NULL, &tokenizer, &error));
    CHECK(km_tokenizer_par_size(NULL) == 0);

    tokenizer = make_tokenizer(NULL);
    CHECK(km_tokenizer_par_size(tokenizer) == 27);
    derive(tokenizer, PAN, first, 27);
    CHECK(memcmp(first, "Q1", 2) == 0);
    EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_tokenizer_check_value(tokenizer, NULL, 0, &size, &error));
    CHECK(size == KM_CHECK_VALUE_SIZE);
    EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_par_derive(tokenizer, (const uint8_t *)PAN, 16, 0, second, 26, &size, &error));
    CHECK(size == 27);
    expect_pan(KM_ERROR_PAN_MALFORMED, tokenizer, "9491-3394-0125-0765", 0);
    expect_pan(KM_ERROR_PAN_CHECK_DIGIT_INVALID, tokenizer, "9491339401250766", 0);
    expect_pan(KM_ERROR_PAN_LENGTH_INVALID, tokenizer, "", 0);
    expect_pan(KM_ERROR_PAN_LENGTH_INVALID, tokenizer, "00000000000000000000", 0);
    expect_pan(KM_ERROR_PAN_LENGTH_INVALID, tokenizer, PAN, 15);
    expect_pan(KM_SUCCESS, tokenizer, PAN, 16);
    expect_pan(KM_ERROR_ARGUMENT_INVALID, tokenizer, PAN, 11);
    expect_pan(KM_ERROR_ARGUMENT_INVALID, tokenizer, PAN, UINT32_MAX);
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive(tokenizer, NULL, 16, 0, second, 27, &size, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_par_derive(tokenizer, first, SIZE_MAX, 0, second, 27, &size, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive(NULL, first, 16, 0, second, 27, &size, &error));
    km_tokenizer_free(tokenizer);

    /* The same key from a file, with a line end. */
    EXPECT(KM_SUCCESS, km_tokenizer_create_from_file(path_of("tokenization.key"), 1, NULL, &tokenizer, &error));
    derive(tokenizer, PAN, second, 27);
    CHECK(memcmp(first, second, 27) == 0);
    km_tokenizer_free(tokenizer);
    EXPECT(KM_SUCCESS, km_tokenizer_create(key, 32, 2, "5001", &tokenizer, &error));
    CHECK(km_tokenizer_par_size(tokenizer) == 29);
    derive(tokenizer, PAN, second, 29);
    CHECK(memcmp(second, "5001", 4) == 0 && memcmp(first + 2, second + 4, 25) != 0);
    km_tokenizer_free(tokenizer);
    km_tokenizer_free(NULL);
}

static const uint8_t pans[] = PAN "0000000000000000" "123" PAN;
#define COUNT (sizeof pans - 1)

void test_rows(void) {
    km_error error;
    km_tokenizer *tokenizer = make_tokenizer(NULL);
    uint8_t pars[4 * 27], expected[27], zeros[27] = {0}, statuses[4] = {9, 9, 9, 9};
    int64_t offsets[] = {0, 16, 32, 35, 51};
    size_t size = 0;
    derive(tokenizer, PAN, expected, 27);
    EXPECT(KM_ERROR_BUFFER_TOO_SMALL, km_par_derive_many(tokenizer, pans, COUNT, offsets, 4, 0, NULL, 0, &size, NULL,
           &error));
    CHECK(size == sizeof pars);
    EXPECT(KM_ERROR_PAN_LENGTH_INVALID, km_par_derive_many(tokenizer, pans, COUNT, offsets, 4, 0, pars, sizeof pars,
           &size, NULL, &error));
    CHECK(error.row == 2 && strncmp(error.detail, "row 2: ", 7) == 0);
    EXPECT(KM_SUCCESS, km_par_derive_many(tokenizer, pans, COUNT, offsets, 4, 0, pars, sizeof pars, &size, statuses,
           &error));
    CHECK(size == sizeof pars && statuses[0] == 0 && statuses[1] == 0 && statuses[2] == KM_ERROR_PAN_LENGTH_INVALID && statuses[3] == 0);
    CHECK(memcmp(pars, expected, 27) == 0 && memcmp(pars + 54, zeros, 27) == 0 && memcmp(pars + 81, expected, 27) == 0);
    EXPECT(KM_SUCCESS, km_par_derive_many(tokenizer, NULL, 0, NULL, 0, 0, NULL, 0, &size, NULL, &error));
    CHECK(size == 0);
    /* Offsets that are negative, decrease, or lead past the bytes; also where each row has a status. */
    int64_t bad[][3] = {{-1, 16, 32}, {0, INT64_MIN, 32}, {16, 0, 32}, {0, 16, 52}, {INT64_MAX, INT64_MAX, INT64_MAX},
           {0, 16, INT64_MAX}};
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_many(tokenizer, pans, COUNT, bad[index], 2, 0, pars,
               sizeof pars, &size, NULL, &error));
        EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_many(tokenizer, pans, COUNT, bad[index], 2, 0, pars,
               sizeof pars, &size, statuses, &error));
        CHECK(error.row >= 0);
    }
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_par_derive_many(tokenizer, pans, COUNT, offsets, SIZE_MAX, 0, pars, sizeof pars,
           &size, NULL, &error));
    EXPECT(KM_ERROR_LIMIT_EXCEEDED, km_par_derive_many(tokenizer, pans, COUNT, offsets, KM_MAXIMUM_ROW_COUNT + 1, 0,
           pars, SIZE_MAX, &size, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_many(tokenizer, pans, COUNT, NULL, 1, 0, pars, sizeof pars, &size,
           NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_many(NULL, pans, COUNT, offsets, 4, 0, pars, sizeof pars, &size,
           NULL, &error));
    km_tokenizer_free(tokenizer);
}

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_array(struct ArrowArray *array) { array->release = NULL; }

/* A column of the four texts of `pans`, the second of which is null, and what a test changes of it. */
typedef struct column {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[3];
    uint8_t *validity, *data;
    int32_t *offsets;
    int64_t *large;
} column;

static column make_column(bool is_large) {
    static const int32_t offsets[] = {0, 16, 32, 35, 51};
    column made = {0};
    /* Buffers of exactly their sizes, so that valgrind finds every access outside. */
    made.validity = malloc(1);
    *made.validity = 0x0D;
    made.data = malloc(COUNT);
    memcpy(made.data, pans, COUNT);
    made.offsets = malloc(sizeof offsets);
    memcpy(made.offsets, offsets, sizeof offsets);
    made.large = malloc(2 * sizeof offsets);
    for (size_t index = 0; index < 5; index++) made.large[index] = offsets[index];
    made.schema = (struct ArrowSchema){.format = is_large ? "U" : "u", .name = "pan", .flags = ARROW_FLAG_NULLABLE,
           .release = release_schema};
    made.array = (struct ArrowArray){.length = 4, .null_count = 1, .n_buffers = 3, .release = release_array};
    made.buffers[0] = made.validity;
    made.buffers[1] = is_large ? (void *)made.large : (void *)made.offsets;
    made.buffers[2] = made.data;
    return made;
}

static void free_column(column *made) {
    free(made->validity);
    free(made->data);
    free(made->offsets);
    free(made->large);
}

/* Derives a column that must be rejected as a whole. */
static void expect_column(km_status expected, const km_tokenizer *tokenizer, column *made) {
    km_error error;
    struct ArrowSchema schema = {.release = NULL};
    struct ArrowArray array = {.release = NULL};
    made->array.buffers = made->buffers;
    EXPECT(expected, km_par_derive_arrow(tokenizer, &made->schema, &made->array, 0, KM_INVALID_ROWS_BECOME_NULL,
           &schema, &array, NULL, &error));
    CHECK(schema.release == NULL && array.release == NULL);
    free_column(made);
}

#define REJECTED(status, change) do { column made = make_column(false); change; expect_column(status, tokenizer, &made); } while (0)

void test_arrow(void) {
    km_error error;
    km_tokenizer *tokenizer = make_tokenizer(NULL);
    uint8_t expected[27];
    derive(tokenizer, PAN, expected, 27);
    for (int is_large = 0; is_large < 2; is_large++) {
        column made = make_column(is_large);
        made.array.buffers = made.buffers;
        struct ArrowSchema schema;
        struct ArrowArray array;
        int64_t invalid_count = -5;
        EXPECT(KM_ERROR_PAN_LENGTH_INVALID, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0,
               KM_INVALID_ROWS_FAIL, &schema, &array, &invalid_count, &error));
        CHECK(error.row == 2 && invalid_count == -5);
        EXPECT(KM_SUCCESS, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 16, KM_INVALID_ROWS_BECOME_NULL,
               &schema, &array, &invalid_count, &error));
        CHECK(invalid_count == 1 && made.array.release != NULL && made.schema.release != NULL);
        CHECK(strcmp(schema.format, "u") == 0 && strcmp(schema.name, "") == 0 && schema.flags == ARROW_FLAG_NULLABLE);
        CHECK(array.length == 4 && array.null_count == 2 && array.offset == 0 && array.n_buffers == 3 && array.n_children == 0);
        CHECK(*(const uint8_t *)array.buffers[0] == 0x09);
        CHECK(memcmp(array.buffers[1], (int32_t[]){0, 27, 27, 27, 54}, 20) == 0);
        CHECK(memcmp(array.buffers[2], expected, 27) == 0 && memcmp((const char *)array.buffers[2] + 27, expected,
               27) == 0);
        CHECK((uintptr_t)array.buffers[1] % 64 == 0 && (uintptr_t)array.buffers[2] % 64 == 0);
        /* The array can move before it is released. */
        struct ArrowArray moved = array;
        array.release = NULL;
        schema.release(&schema);
        moved.release(&moved);
        CHECK(schema.release == NULL && moved.release == NULL);

        /* An offset into the column, and no nulls in the result. */
        made.array.offset = 3;
        made.array.length = 1;
        made.array.null_count = -1;
        EXPECT(KM_SUCCESS, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0, KM_INVALID_ROWS_FAIL, &schema,
               &array, &invalid_count, &error));
        CHECK(invalid_count == 0 && array.length == 1 && array.null_count == 0 && array.buffers[0] == NULL);
        CHECK(memcmp(array.buffers[2], expected, 27) == 0);
        array.release(&array);
        schema.release(&schema);
        /* No rows, and no buffers. */
        made.array.offset = made.array.length = 0;
        made.buffers[0] = made.buffers[1] = made.buffers[2] = NULL;
        EXPECT(KM_SUCCESS, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0, KM_INVALID_ROWS_FAIL, &schema,
               &array, NULL, &error));
        CHECK(array.length == 0 && array.buffers[1] != NULL && *(const int32_t *)array.buffers[1] == 0);
        array.release(&array);
        schema.release(&schema);
        free_column(&made);
    }
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.format = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.format = "");
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.format = "z");
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.format = "utf8");
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.release = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.release = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.dictionary = &made.schema);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.dictionary = &made.array);
    REJECTED(KM_ERROR_ARROW_INVALID, made.schema.n_children = 1);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.n_children = -1);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.n_buffers = 2);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.n_buffers = INT64_MAX);
    REJECTED(KM_ERROR_LIMIT_EXCEEDED, made.array.length = -1);
    REJECTED(KM_ERROR_LIMIT_EXCEEDED, made.array.length = KM_MAXIMUM_ROW_COUNT + 1LL);
    REJECTED(KM_ERROR_LIMIT_EXCEEDED, made.array.length = INT64_MAX);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.offset = -1);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.offset = INT64_MAX);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.null_count = -2);
    REJECTED(KM_ERROR_ARROW_INVALID, made.array.null_count = 5);
    REJECTED(KM_ERROR_ARROW_INVALID, made.buffers[0] = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.buffers[1] = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.buffers[2] = NULL);
    REJECTED(KM_ERROR_ARROW_INVALID, made.offsets[0] = -1);
    REJECTED(KM_ERROR_ARROW_INVALID, made.offsets[3] = 0);
    REJECTED(KM_ERROR_ARROW_INVALID, made.offsets[4] = INT32_MIN);

    column made = make_column(false);
    made.array.buffers = made.buffers;
    struct ArrowSchema schema;
    struct ArrowArray array;
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, NULL, &made.array, 0, KM_INVALID_ROWS_FAIL,
           &schema, &array, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, &made.schema, NULL, 0, KM_INVALID_ROWS_FAIL,
           &schema, &array, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0,
           KM_INVALID_ROWS_FAIL, NULL, &array, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0,
           KM_INVALID_ROWS_FAIL, &schema, NULL, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0, (km_invalid_rows)2,
           &schema, &array, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(tokenizer, &made.schema, &made.array, 0,
           KM_INVALID_ROWS_FAIL, &schema, &made.array, NULL, &error));
    EXPECT(KM_ERROR_ARGUMENT_INVALID, km_par_derive_arrow(NULL, &made.schema, &made.array, 0, KM_INVALID_ROWS_FAIL,
           &schema, &array, NULL, &error));
    free_column(&made);
    km_tokenizer_free(tokenizer);
}
