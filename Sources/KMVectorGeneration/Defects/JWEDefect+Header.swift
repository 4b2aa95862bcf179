/// Defects of the protected header; the message is correctly encrypted under the defective header.
extension JWEDefect {
    static var algorithms: [JWEDefect] {
        let algs = [
            "RSA1_5", "RSA-OAEP", "RSA-OAEP-384", "RSA-OAEP-512", "dir", "none", "A256KW", "", "rsa-oaep-256",
            "RSA-OAEP-256 ", "RSA-OAEP-257",
        ]
        let encs = ["A192GCM", "A128CBC-HS256", "A256CBC-HS512", "none", "a256gcm", ""]
        return algs.map { name in
            header("alg \(name.isEmpty ? "of no characters" : name)", "Algorithm", "algorithmNotAllowed") { draft, _ in
                draft.with("alg", "\"\(name)\"").json
            }
        }
            + encs.map { name in
                header("enc \(name.isEmpty ? "of no characters" : name)", "Algorithm", "algorithmNotAllowed") {
                    draft,
                    _ in
                    draft.with("enc", "\"\(name)\"").json
                }
            }
    }

    static var extensions: [JWEDefect] {
        [
            ("zip", "zip", "\"DEF\""), ("zip, null", "zip", "null"), ("crit that names exp", "crit", "[\"exp\"]"),
            ("crit that names kid", "crit", "[\"kid\"]"), ("crit, an empty list", "crit", "[]"),
        ].map { comment, name, value in
            header(comment, "Extension", "algorithmNotAllowed") { draft, _ in draft.with(name, value).json }
        }
    }

    static var headerTexts: [JWEDefect] {
        let values = [
            ("alg is missing", "alg", nil), ("enc is missing", "enc", nil), ("alg is a number", "alg", "256"),
            ("alg is a list", "alg", "[\"RSA-OAEP-256\"]"), ("enc is null", "enc", "null"),
            ("enc is true", "enc", "true"),
            ("kid is a number", "kid", "1"), ("kid is null", "kid", "null"), ("cty is an object", "cty", "{}"),
        ].map { comment, name, value in malformed(comment) { $0.with(name, value).json } }
        let repeated = ["alg", "enc", "kid"].map { name in
            malformed("\(name) twice, the same") { header in
                "{\"\(name)\":\(header.value(name) ?? "")," + header.json.dropFirst()
            }
        }
        return values + repeated + [
            malformed("alg twice, none first") { "{\"alg\":\"none\"," + $0.json.dropFirst() },
            malformed("enc twice, the second name in an escape") {
                $0.json.dropLast() + ",\"\\u0065nc\":\"A128GCM\"}"
            },
            malformed("a member that is not known, twice") { $0.json.dropLast() + ",\"x\":1,\"x\":1}" },
            malformed("a list for a header") { "[\($0.json)]" },
            malformed("a text for a header") { _ in "\"alg\"" },
            malformed("a header without members") { _ in "{}" },
            malformed("the closing brace is missing") { String($0.json.dropLast()) },
            malformed("a comma before the closing brace") { $0.json.dropLast() + ",}" },
            malformed("a second object behind the header") { $0.json + "{}" },
            malformed("a byte order mark before the header") { "\u{FEFF}" + $0.json },
            malformed("a comment in the header") { "{/**/" + $0.json.dropFirst() },
        ]
    }

    static var keyIDs: [JWEDefect] {
        [
            header("the kid of another key", "KeyId", "keyIDMismatch") {
                $0.with("kid", "\"\($1.otherKey.id)\"").json
            },
            header("the kid in capital letters", "KeyId", "keyIDMismatch") { draft, _ in
                draft.with("kid", draft.value("kid")?.uppercased()).json
            },
            header("a kid of no characters", "KeyId", "keyIDMismatch") { draft, _ in draft.with("kid", "\"\"").json },
            header("the kid with a space behind it", "KeyId", "keyIDMismatch") { draft, _ in
                draft.with("kid", draft.value("kid").map { "\($0.dropLast()) \"" }).json
            },
            header("the kid without its last digit", "KeyId", "keyIDMismatch") { draft, _ in
                draft.with("kid", draft.value("kid").map { "\($0.dropLast(2))\"" }).json
            },
        ]
    }

    private static func malformed(_ comment: String, _ json: @escaping @Sendable (HeaderDraft) -> String) -> JWEDefect {
        header(comment, "HeaderJson", "malformedHeader") { draft, _ in json(draft) }
    }

    private static func header(
        _ comment: String,
        _ flag: String,
        _ error: String,
        _ json: @escaping @Sendable (HeaderDraft, Source) -> String
    ) -> JWEDefect {
        JWEDefect(comment, flag, error) { source in
            try source.draft.encrypted(header: json(source.draft.header, source)).text
        }
    }
}
