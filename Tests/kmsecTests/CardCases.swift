import Foundation
import KMTestSupport

/// A valid call of a command, and whether its output may contain card numbers from its input.
struct CardCase: Sendable {
    let arguments: [String]
    /// Whether the output contains data from the input in at least one of the calls.
    var givesData = false
    /// Sets of additional arguments, each of which is a separate call.
    var more: [[String]] = []
    /// Whether the command reads standard input.
    var readsInput = true

    private static let keyID = KeyFolder.keyID
    private static let secret = ["--secret-file", "secret"]
    private static let tokenizationKey = ["--key-file", "par.key"]
    private static let token = "KMV1:20221108120814608:uLD+mU8mz9K95neGiSJTSsF3zzAQJglCggZAOSs5Fkg="
    /// A group of commands, which is called without arguments.
    private static let group = CardCase(arguments: [])

    private static let passphrase = ["--passphrase-file", "secret"]

    /// Returns a case of a command that opens a keyring file, here one that is malformed.
    private static func keyring(_ arguments: [String] = [], more: [[String]] = []) -> CardCase {
        CardCase(arguments: ["secret"] + arguments + passphrase, more: more, readsInput: false)
    }

    private static let account = ["--actor", "a", "--reason", "b", "Q1AAAAAAAAAAAAAAAAAAAAAAAAA"]

    /// Returns a case of a command that uses a registry, which must exist if the tool has SQLite.
    private static func registry(
        _ arguments: [String] = [],
        more: [[String]] = [],
        givesData: Bool = false,
        readsInput: Bool = false
    ) -> CardCase {
        CardCase(
            arguments: ["--sqlite", "registry.db", "--lookup-key", "secret"] + arguments,
            givesData: givesData,
            more: more,
            readsInput: readsInput
        )
    }

    /// The cases by the words that call the command.
    static let all: [String: CardCase] = [
        "kmsec": group, "kmsec key": group, "kmsec token": group, "kmsec par": group, "kmsec pan": group,
        "kmsec par key": group, "kmsec par registry": group, "kmsec keyring": group,
        "kmsec headers": group, "kmsec jwe": group, "kmsec vectors": group,
        "kmsec demo": CardCase(arguments: [], givesData: true, more: [["--json"]], readsInput: false),
        "kmsec key generate": CardCase(arguments: ["--out", "missing/keys"], readsInput: false),
        "kmsec encrypt": CardCase(
            arguments: ["--to", "$KEYS/key.public.pem", "--key-id", keyID],
            givesData: true,
            more: [
                ["--field", "$.physicalCardNo"], ["--field", "$[*]"], ["--field", "$[*][*]", "--allow-unmatched"],
            ]
        ),
        "kmsec decrypt": CardCase(
            arguments: ["--with", "$KEYS/key.private.pem"],
            givesData: true,
            more: [
                ["--field", "$.physicalCardNo"], ["--field", "$[*]"], ["--field", "$[*][*]", "--allow-unmatched"],
            ]
        ),
        "kmsec request": CardCase(
            arguments: secret + [
                "--url", "http://localhost", "--asp-id", "000170000000000", "--access-key",
                "0123456789abcdef0123456789abcdef01234567",
            ],
            givesData: true,
            more: [
                ["--plain"], ["--plain", "--format", "json"], ["--plain", "--body-file", "body"],
                ["--to", "$KEYS/key.public.pem", "--key-id", keyID, "--field", "$[*]", "--allow-unmatched"],
                ["--method", "GET"],
            ]
        ),
        "kmsec keyring init": CardCase(
            arguments: ["missing/ring", "--role", "provider", "--insecure-fast-passphrase"] + passphrase,
            more: [["--soak", "60", "--node", "a"], ["--reason", testCardNumber]],
            readsInput: false
        ),
        "kmsec keyring add": keyring(["--id", keyID, "--private-key", "$KEYS/key.private.pem"]),
        "kmsec keyring list": keyring(more: [["--json"]]),
        "kmsec keyring plan": keyring(more: [["--json"], ["--census", "secret"]]),
        "kmsec keyring promote": keyring([keyID]),
        "kmsec keyring suspend": keyring([keyID]),
        "kmsec keyring reactivate": keyring([keyID]),
        "kmsec keyring deactivate": keyring([keyID]),
        "kmsec keyring discard": keyring([keyID], more: [["--insecure-force", "--reason", testCardNumber]]),
        "kmsec keyring compromise": keyring([keyID]),
        "kmsec keyring peer": keyring([keyID, "holds"]),
        "kmsec keyring set": keyring(["--soak", "60"]),
        "kmsec keyring passphrase": keyring(
            ["--new-passphrase-file", "secret"],
            more: [["--reason", testCardNumber]]
        ),
        "kmsec keyring census": keyring(more: [["--json"]]),
        "kmsec keyring verify-log": keyring(),
        "kmsec keyring follow": keyring(["--node", "a"]),
        "kmsec keyring export": keyring([keyID]),
        "kmsec keyring inventory": keyring(more: [["--format", "json"], ["--format", "cyclonedx"]]),
        "kmsec token sign": CardCase(arguments: secret),
        "kmsec token verify": CardCase(arguments: secret + ["--token", token], more: [["--any-time"]]),
        "kmsec token explain": CardCase(arguments: secret + ["--token", token]),
        "kmsec pan scan": CardCase(arguments: [], more: [["--json"], ["--any-issuer"]]),
        "kmsec par derive": CardCase(
            arguments: tokenizationKey,
            givesData: true,
            more: [
                ["--digits", "15"], ["--allow-separators"], ["--json", "--field", "$.physicalCardNo"],
                ["--json", "--field", "$.physicalCardNo", "--beside", "par"], ["--json", "--field", "$[*]"],
            ]
        ),
        "kmsec par audit": CardCase(arguments: [], more: [["--json"]]),
        "kmsec par key generate": CardCase(arguments: ["--out", "missing/key"], readsInput: false),
        "kmsec par key check": CardCase(arguments: tokenizationKey, readsInput: false),
        "kmsec par registry create": registry(),
        "kmsec par registry import": registry(["-o", "-"], givesData: true, readsInput: true),
        "kmsec par registry lookup": registry(givesData: true, readsInput: true),
        "kmsec par registry link": registry(readsInput: true),
        "kmsec par registry reissue": registry(readsInput: true),
        "kmsec par registry history": registry(account, more: [["--json"]]),
        "kmsec par registry erase": registry(account),
        "kmsec par registry rotate": registry(["--to", "1"]),
        "kmsec par registry stats": registry(more: [["--json"]]),
        "kmsec par registry check": registry(more: [["--json"]]),
        "kmsec headers check": CardCase(arguments: [], more: [["--json"], ["--response"], ["--callback"]]),
        // With --json, the output contains the header as it was received.
        "kmsec jwe inspect": CardCase(arguments: [], givesData: true, more: [["--json"]]),
        "kmsec vectors run": CardCase(
            arguments: ["vectors.json"],
            more: [["--skips"], ["card-\(testCardNumber).json"]],
            readsInput: false
        ),
        // A file that exists stops the command before it does its work.
        "kmsec vectors generate": CardCase(arguments: ["--out", "taken"], readsInput: false),
        "kmsec speed": CardCase(
            arguments: ["--seconds", "0.001", "token-sign"],
            more: [["--json"]],
            readsInput: false
        ),
    ]

    /// Arguments into which a user could put a card number by mistake, or mistype one.
    static let slips = [
        [testCardNumber], ["9491339401250766"], ["9491 3394 0125 0765"], ["x\(testCardNumber)"],
        ["--pan=\(testCardNumber)"],
        ["--pan", testCardNumber], ["--\(testCardNumber)"], ["-\(testCardNumber)"], ["--", testCardNumber],
    ]

    /// Values of options: names of a folder, a file and a missing file, and values of no meaning.
    static let values = [
        testCardNumber, "card_\(testCardNumber).json", "missing-\(testCardNumber)", "9491-3394-0125-0765",
        "$['\(testCardNumber)",
        "\(testCardNumber)\(testCardNumber)",
    ]

    /// Valid and invalid standard inputs.
    static let inputs: [String] = {
        let card = testCardNumber
        let header =
            #"{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"\#(card)","path":"$['\#(card)']","\#(card)":"\#(card)"}"#
        let encoded = Data(header.utf8).base64EncodedString().replacing("=", with: "")
        return [
            "\(card)\n9491339401250766\n9491 3394 0125 0765\n9491-3394-0125-0765\n\(card)0000\nx\(card)\n",
            #"{"physicalCardNo":"\#(card)","userId":\#(card),"\#(card)":{"\#(card)":"\#(card)"}}"#,
            #"{"physicalCardNo":"\#(card)","physicalCardNo":"\#(card)"}"#, #"{"physicalCardNo":"\#(card)""#,
            #"{"\#(card)":"9491339401250766","\#(card)":1}"#, #"{"encData":"\#(card)"}"#, #"{"encData":\#(card)}"#,
            #"{"encData":"\#(encoded).AAAA.MTIzNDU2Nzg5MDEy.AAAA.MTIzNDU2Nzg5MDEyMzQ1Ng"}"#, "\(encoded).\(card)",
            "POST /\(card) HTTP/1.1\nX-KM-User-AspId: \(card)\n\(card): \(card)\n\(card): \u{1}\nX-KM-Tran-Time: \(card)\n",
            "X-KM-Tran-Token: KMV1:\(card)0:\(card)\nX-KM-Correlation-Id: \(card)\nX-KM-Crypto-Key-Id: \(card)\(card)\n",
            "\(card),\(card)\n\(card)\n9491339401250766,Q1\n\(card),Q1 \(card)\n", pairs,
            "\(card.prefix(14))", String(repeating: "[", count: 100) + card,
        ]
    }()

    /// Pairs whose PARs are the card numbers in reverse and in order.
    private static let pairs = [testCardNumber, "4111111111111111", "4012888888881881", "5555555555554444"].map {
        "\($0),\(String($0.reversed()))\($0)\n"
    }.joined()

    /// A vector file that contains the number, and whose test fails.
    static let vectors = """
        {"format":"kmsec-vectors-1","operation":"hmac-sha256","comment":"","flags":{},"numberOfTests":1,"groups":[{"comment":"",
        "source":"","tests":[{"id":1,"comment":"\(testCardNumber)","flags":[],"result":"valid","key":"00","message":"",
        "mac":"00"}]}]}
        """
}
