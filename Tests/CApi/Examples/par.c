#include <kmsecurity.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    const char *pan = "9491339401250765";
    km_error error;
    km_tokenizer *tokenizer;
    uint8_t par[KM_PAR_MAXIMUM_SIZE];
    size_t size;

    if (count != 2) return 2;
    if (km_tokenizer_create_from_file(arguments[1], 1, NULL, &tokenizer, &error) != KM_SUCCESS) {
        fprintf(stderr, "%s: %s\n", km_status_name(error.status), error.detail);
        return 1;
    }
    km_status status =
        km_par_derive(tokenizer, (const uint8_t *)pan, strlen(pan), 16, par, sizeof par, &size, &error);
    if (status == KM_SUCCESS) {
        printf("%.*s\n", (int)size, par);
    } else {
        fprintf(stderr, "%s: %s\n", km_status_name(status), error.detail);
    }
    km_tokenizer_free(tokenizer);
    return status == KM_SUCCESS ? 0 : 1;
}
