import Foundation

/// The names of the libraries' public types, read from the sources.
enum PublicTypes {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources").standardized

    private static let modules = [
        "KMPrimitives", "KMJSON", "KMJOSE", "KMWire", "KMCards", "KMSecurity", "KMDiagnosis", "KMVectors",
    ]

    /// Returns all names, with module and outer types, such as `KMCards.PAN.Separators`.
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

    /// Returns the names of the public types in a file, whose nesting follows from the formatter's indentation.
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
