import Foundation

/// The public types of the libraries, as their sources name them.
enum PublicTypes {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources").standardized

    private static let modules = [
        "KMPrimitives", "KMJSON", "KMJOSE", "KMWire", "KMCards", "KMSecurity", "KMDiagnosis", "KMVectors",
    ]

    /// Their names with module and outer types, `KMSecurity.PAN.Separators`.
    static func names() throws -> Set<String> {
        var names = Set<String>()
        for module in modules {
            let folder = sources.appending(path: module)
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
                $0.hasSuffix(".swift")
            }
            for file in files {
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                names.formUnion(Self.names(in: text).map { "\(module).\($0)" })
            }
        }
        return names
    }

    /// The names of the public types in a file, whose indents, which the formatter holds, tell what lies in what.
    static func names(in text: String) -> [String] {
        let declaration = /^( *)([a-z@ ]*?)\b(struct|enum|class|actor|protocol|extension) ([A-Za-z0-9_.]+)/
        var names: [String] = []
        var outer: [(indent: Int, name: String)] = []
        for line in text.split(separator: "\n") {
            guard let match = line.prefixMatch(of: declaration) else { continue }
            let indent = match.1.count
            outer.removeAll { $0.indent >= indent }
            outer.append((indent, String(match.4)))
            guard match.2.contains("public"), match.3 != "extension" else { continue }
            names.append(outer.map(\.name).joined(separator: "."))
        }
        return names
    }
}
