import Foundation
import KMTestSupport

/// The fuzzer's first inputs, which come from the vectors.
struct Seeds {
    private let target: FuzzTarget
    private var inputs: Set<[UInt8]> = []

    /// Creates a folder, and writes the inputs of a target into it.
    static func write(_ target: FuzzTarget, to folder: String) throws {
        var seeds = Seeds(target: target)
        let names = try FileManager.default.subpathsOfDirectory(atPath: Document.root.appending(path: "Vectors").path)
        for name in names.sorted() where name.hasSuffix(".json") && !name.hasSuffix(".schema.json") {
            try seeds.add(Data(contentsOf: Document.root.appending(path: "Vectors/\(name)")))
        }
        if target == .keyring { try seeds.inputs.formUnion(Keyrings.seeds()) }
        if target == .resp { seeds.inputs.formUnion(Self.answers) }
        let url = URL(filePath: folder)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (number, input) in seeds.inputs.enumerated() {
            try Data(input).write(to: url.appending(path: "\(number)"))
        }
    }

    private mutating func add(_ text: Data) throws {
        guard let file = try JSONSerialization.jsonObject(with: text) as? [String: Any],
            let groups = file["groups"] as? [[String: Any]], let operation = file["operation"] as? String
        else { return }
        for group in groups {
            for test in group["tests"] as? [[String: Any]] ?? [] {
                if target == .vectors { try add(file, group, test) }
                add(operation, group.merging(test) { $1 })
            }
        }
    }

    /// Adds the file reduced to one test, because a long input is a poor seed.
    private mutating func add(_ file: [String: Any], _ group: [String: Any], _ test: [String: Any]) throws {
        // Every eighth test is enough, because the files differ little.
        guard let id = test["id"] as? Int, id % 8 == 1 else { return }
        let group = group.merging(["tests": [test]]) { $1 }
        let small = file.merging(["groups": [group], "numberOfTests": 1]) { $1 }
        inputs.insert(Array(try JSONSerialization.data(withJSONObject: small, options: .sortedKeys)))
    }

    private mutating func add(_ operation: String, _ test: [String: Any]) {
        let text = { (name: String) in (test[name] as? String).map { Array($0.utf8) } }
        let hex = { (name: String) in (test[name] as? String).map { [UInt8](hex: $0) } }
        let messages = [hex("body"), text("jwe")].compactMap(\.self).flatMap(Self.messages)
        let headers = messages.compactMap { ReferenceBase64.url.decode(Array($0.prefix { $0 != UInt8(ascii: ".") })) }
        let documents = [hex("body"), hex("parameters"), hex("document")].compactMap(\.self)
        switch target {
        case .json: inputs.formUnion(documents + headers)
        case .path: inputs.formUnion((test["paths"] as? [String] ?? []).map { Array($0.utf8) })
        case .header: inputs.formUnion(headers)
        case .jwe: inputs.formUnion(messages)
        case .message:
            if operation == "message-decrypt" { inputs.formUnion([hex("body")].compactMap(\.self).map { [0] + $0 }) }
            inputs.formUnion(headers.map { [1] + $0 })
            inputs.formUnion([hex("parameters")].compactMap(\.self).map { [2] + $0 })
            inputs.formUnion(messages.map { [3] + $0 })
        case .fields:
            addFields(operation, test)
            inputs.formUnion(headers.map { [2, 0] + $0 })
            inputs.formUnion([hex("parameters")].compactMap(\.self).map { [3, 0] + $0 })
        case .token:
            if let token = text("token") { inputs.insert(token + [0x0A] + (hex("body") ?? [])) }
        case .headers:
            let fields = test["fields"] as? [[String: String]] ?? []
            let lines = fields.map { "\($0["name"] ?? ""):\($0["value"] ?? "")" }
            if !lines.isEmpty { inputs.insert(Array(lines.joined(separator: "\n").utf8)) }
        case .keys:
            for key in [test] + (test["keys"] as? [[String: Any]] ?? []) { addKeys(key) }
        case .pan:
            inputs.formUnion([text("pan"), text("par"), text("prefix")].compactMap(\.self))
        case .scan: inputs.formUnion((documents + [text("pan")].compactMap(\.self)).map { [30] + $0 })
        case .keyfiles: inputs.formUnion((0..<8).map { [$0] })
        case .call:
            let bodies = [hex("body")].compactMap(\.self)
            inputs.formUnion(bodies.flatMap { body in (0..<8).map { [$0, 0x0A] + body } })
            let fields = test["fields"] as? [[String: String]] ?? []
            let lines = fields.map { "\($0["name"] ?? ""):\($0["value"] ?? "")\n" }
            if !lines.isEmpty { inputs.insert([0] + Array("\(lines.joined())\n{}".utf8)) }
        case .vectors, .keyring, .resp: break
        }
    }

    private mutating func addFields(_ operation: String, _ test: [String: Any]) {
        guard operation == "field-decrypt" || operation == "field-encrypt",
            let data = try? JSONSerialization.data(withJSONObject: test),
            let vector = try? JSONDecoder().decode(ReferenceVectors.Test.self, from: data),
            let made = try? Bodies.Case(vector), let place = Self.cases.firstIndex(of: made)
        else { return }
        inputs.insert([0, UInt8(place)] + [UInt8](hex: vector.body))
        if let parameters = vector.parameters { inputs.insert([1, UInt8(place)] + [UInt8](hex: parameters)) }
    }

    /// Answers of Redis after the size of the pieces.
    private static let answers = [
        "+OK\r\n$-1\r\n", "-OOM no\r\n:-12\r\n", "$5\r\nabcde\r\n", "*2\r\n*1\r\n:1\r\n$0\r\n\r\n", "*-1\r\n*0\r\n",
    ].map { [2] + Array($0.utf8) }

    private static let cases = Array(Bodies.prepared().cases.prefix(256))

    /// Adds keys, which are PEM texts or JWKs.
    private mutating func addKeys(_ values: [String: Any]) {
        for name in ["privateKey", "privateKeyJwk", "publicKey"] {
            let value = values[name]
            if let text = value as? String { inputs.insert(Array(text.utf8)) }
            if let jwk = value as? [String: Any], let data = try? JSONSerialization.data(withJSONObject: jwk) {
                inputs.insert(Array(data))
            }
        }
    }

    /// Returns the parts of a text that look like a JWE.
    private static func messages(in text: [UInt8]) -> [[UInt8]] {
        let characters = Set((ReferenceBase64.url.rawValue + ".").utf8)
        return text.split { !characters.contains($0) }.map(Array.init)
            .filter { $0.count { $0 == UInt8(ascii: ".") } == 4 }
    }
}
