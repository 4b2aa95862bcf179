import Foundation

/// A large input of a command, the expected result, and the memory that the command may use.
struct MemoryCase: Sendable {
    /// A repeated text between a beginning and an end.
    struct Input: Sendable {
        var head = ""
        var unit = ""
        var tail = ""
        let byteCount: Int

        static let none = Input(byteCount: 0)

        var bytes: [UInt8] {
            // Few large appends are fast even in a debug build.
            let count = max(1, (1 << 18) / max(1, unit.utf8.count))
            let chunk = Array(String(repeating: unit, count: count).utf8)
            var bytes = Array(head.utf8)
            bytes.reserveCapacity(byteCount + chunk.count + tail.utf8.count)
            while bytes.count < byteCount { bytes += chunk }
            return bytes + tail.utf8
        }
    }

    let name: String
    var arguments: [String] = []
    var input = Input.none
    var status: Int32 = 0
    /// A text that standard error must contain.
    var error = ""
    /// The limit of the resident memory of a debug build, in MiB.
    let bound: Int

    /// The memory of the tool before it does any work.
    private static let base = 48
    /// The memory for a body of 64 MiB, which is the limit, while it is copied into a larger array.
    private static let body = base + 3 * 64
    private static let card = "9491339401250765"
    private static let keyID = KeyFolder.keyID
    private static let secret = ["--secret-file", "secret"]
    private static let token = "KMV1:20221108120814608:uLD+mU8mz9K95neGiSJTSsF3zzAQJglCggZAOSs5Fkg="
    private static let request = [
        "--url", "http://localhost/", "--asp-id", "000170000000000", "--callback", "--secret-file", "secret",
    ]
    private static let encryption = ["--to", "$KEYS/key.public.pem", "--key-id", keyID]

    /// A group of commands, which has no input.
    private static let group = [MemoryCase(name: "group", status: 64, error: "a command is missing", bound: base)]

    private static func small(_ arguments: [String], bound: Int = base) -> [MemoryCase] {
        [MemoryCase(name: "small", arguments: arguments, bound: bound)]
    }

    /// Returns a case with a body above the limit.
    private static func rejected(_ arguments: [String]) -> MemoryCase {
        MemoryCase(
            name: "too large",
            arguments: arguments,
            input: Input(head: "\"", unit: String(repeating: "x", count: 1 << 16), tail: "\"", byteCount: 65 << 20),
            status: 1,
            error: "limitExceeded",
            bound: body
        )
    }

    /// Returns the case of a command that opens a keyring file, here a file that is none.
    private static func keyring(_ arguments: [String] = []) -> [MemoryCase] {
        [
            MemoryCase(
                name: "not a keyring file",
                arguments: ["secret"] + arguments + ["--passphrase-file", "secret"],
                status: 1,
                error: "malformedJSON",
                bound: base
            )
        ]
    }

    /// The case of a command whose registry cannot be opened.
    private static let registry = [
        MemoryCase(
            name: "no registry",
            arguments: ["--sqlite", "missing/registry.db", "--lookup-key", "secret"],
            status: 1,
            error: "kmsec: error:",
            bound: base
        )
    ]

    private static let account = registry.map {
        $0.adding(["--actor", "a", "--reason", "b", "Q1AAAAAAAAAAAAAAAAAAAAAAAAA"])
    }

    private func adding(_ more: [String]) -> MemoryCase {
        var changed = self
        changed.arguments += more
        return changed
    }

    /// Texts that are scanned for card numbers.
    private static let texts: [(name: String, input: Input)] = [
        ("digits without end", Input(unit: "0123456789", byteCount: 4 << 20)),
        ("one line of text", Input(unit: "a line of text, ", byteCount: 16 << 20)),
        ("a document of numbers", Input(head: "{\"a\":[", unit: "\(card),", tail: "0]}", byteCount: 1 << 18)),
        ("a damaged document", Input(head: "[", unit: "\"\(card)\",", tail: "]]", byteCount: 1 << 18)),
        ("deep nesting", Input(unit: "[", byteCount: 4 << 20)),
        ("deep objects", Input(unit: "{\"\(card)\":", byteCount: 1 << 18)),
        (
            "a deep document",
            Input(head: String(repeating: "{\"name\":[", count: 200), unit: "\(card),", byteCount: 1 << 17)
        ),
        ("a long name", Input(head: "{\"", unit: "\(card) \\u0020", byteCount: 1 << 18)),
        (
            "long names",
            Input(head: "[", unit: "{\"\(String(repeating: "n", count: 9000))\":\(card)},", byteCount: 1 << 20)
        ),
        ("a string without end", Input(head: "[\"\(card)", unit: "\\\\ text ", byteCount: 4 << 20)),
        ("UTF-16", Input(unit: card.map { "\($0)\0" }.joined() + "\n\0", byteCount: 1 << 19)),
        ("empty lines", Input(unit: "\n", byteCount: 4 << 20)),
    ]

    private static let scans = texts.flatMap { text in
        let status: Int32 =
            text.input.head.contains(card) || text.input.unit.contains(card) || text.name == "UTF-16" ? 1 : 0
        // The two forms of the output differ only where something is found.
        return (status == 0 ? [[]] : [[], ["--json"]]).map { options in
            MemoryCase(
                name: ([text.name] + options).joined(separator: " "),
                arguments: options,
                input: text.input,
                status: status,
                bound: base
            )
        }
    }

    private static func derivation(_ name: String, _ options: [String], _ unit: String, _ count: Int) -> MemoryCase {
        MemoryCase(
            name: name,
            arguments: ["--key-file", "par.key"] + options,
            input: Input(unit: unit, byteCount: count),
            bound: base
        )
    }

    /// The cases by the words that call the command.
    static let all: [String: [MemoryCase]] = [
        "kmsec": group, "kmsec key": group, "kmsec token": group, "kmsec par": group, "kmsec pan": group,
        "kmsec par key": group, "kmsec headers": group, "kmsec jwe": group, "kmsec vectors": group,
        "kmsec demo": small([]),
        "kmsec key generate": small(["--out", "."]),
        "kmsec encrypt": [
            rejected(encryption),
            MemoryCase(
                name: "large",
                arguments: encryption,
                input: Input(head: "\"", unit: String(repeating: "x", count: 1 << 16), tail: "\"", byteCount: 2 << 20),
                bound: base + 32
            ),
        ],
        "kmsec decrypt": [
            rejected(["--with", "$KEYS/key.private.pem", "--field", "$.a"])
        ],
        "kmsec request": [rejected(request + encryption)],
        "kmsec keyring": group,
        // The key derivation takes 128 MiB.
        "kmsec keyring init": small(
            ["new.ring", "--role", "provider", "--passphrase-file", "secret"],
            bound: base + 128
        ),
        "kmsec keyring add": keyring(["--id", keyID, "--private-key", "$KEYS/key.private.pem"]),
        "kmsec keyring list": keyring(),
        "kmsec keyring plan": keyring(),
        "kmsec keyring promote": keyring([keyID]),
        "kmsec keyring suspend": keyring([keyID]),
        "kmsec keyring reactivate": keyring([keyID]),
        "kmsec keyring deactivate": keyring([keyID]),
        "kmsec keyring discard": keyring([keyID]),
        "kmsec keyring compromise": keyring([keyID]),
        "kmsec keyring peer": keyring([keyID, "holds"]),
        "kmsec keyring set": keyring(["--soak", "60"]),
        "kmsec keyring passphrase": keyring(["--new-passphrase-file", "secret"]),
        "kmsec keyring census": keyring(),
        "kmsec keyring verify-log": keyring(),
        "kmsec keyring follow": keyring(["--node", "a"]),
        "kmsec keyring export": keyring([keyID]),
        "kmsec keyring inventory": keyring(),
        "kmsec token sign": [rejected(secret)],
        "kmsec token verify": [rejected(secret + ["--token", token])],
        "kmsec token explain": [rejected(secret + ["--token", token])],
        "kmsec pan scan": scans,
        "kmsec par derive": [
            derivation("lines", [], "\(card)\n", 1 << 20),
            derivation("documents", ["--json", "--field", "$.a", "--beside", "b"], "{\"a\":\"\(card)\"}\n", 1 << 17),
            MemoryCase(
                name: "a long line",
                arguments: ["--key-file", "par.key"],
                input: Input(unit: String(repeating: "9", count: 1 << 16), tail: "\n\(card)\n", byteCount: 5 << 20),
                status: 1,
                error: "the line must have at most",
                bound: base
            ),
        ],
        "kmsec par audit": [
            MemoryCase(
                name: "many pairs",
                input: Input(
                    unit: "\(card),7KQ3\n4111111111111111,ZP0A\n4012888888881881,M29C\n5555555555554444,B8XJ\n",
                    byteCount: 1 << 20
                ),
                bound: base
            ),
            MemoryCase(
                name: "a long line",
                input: Input(unit: String(repeating: "9", count: 1 << 16), tail: "\n", byteCount: 5 << 20),
                status: 1,
                error: "the line must have at most",
                bound: base
            ),
        ],
        "kmsec par key generate": small(["--out", "new.key"]),
        "kmsec par key check": small(["--key-file", "par.key"]),
        "kmsec par registry": group,
        "kmsec par registry create": registry,
        "kmsec par registry import": registry,
        "kmsec par registry lookup": registry,
        "kmsec par registry link": registry,
        "kmsec par registry reissue": registry,
        "kmsec par registry history": account,
        "kmsec par registry erase": account,
        "kmsec par registry rotate": registry.map { $0.adding(["--to", "1"]) },
        "kmsec par registry stats": registry,
        "kmsec par registry check": registry,
        "kmsec headers check": [
            MemoryCase(
                name: "too large",
                input: Input(unit: "X-KM-Time-Zone: KST\n", byteCount: 32 << 20),
                status: 1,
                error: "limitExceeded",
                bound: base
            ),
            MemoryCase(
                name: "too many",
                input: Input(unit: "a:\n", byteCount: 200_000),
                status: 1,
                error: "limitExceeded",
                bound: base
            ),
        ],
        "kmsec jwe inspect": [rejected([])],
        "kmsec vectors run": [
            MemoryCase(name: "too large", arguments: ["large.json"], status: 1, bound: base + 64)
        ],
        "kmsec vectors generate": small(["--out", "."], bound: base + 32),
        "kmsec speed": small(["--seconds", "0.001", "token-sign"]),
    ]
}
