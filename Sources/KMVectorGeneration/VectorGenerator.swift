/// Generates vector files from a seed; the same seed gives the same bytes on every machine.
///
///     for file in try VectorGenerator(seed: "another one").files() {
///         print(file.name, file.testCount)
///     }
///
/// The files test sending, receiving and PAR derivation. For receiving, they have valid messages and copies of them
/// with exactly one defect each. The expected result of a test follows from how its input was made: the generator does
/// not run the code that the vectors test. Of this package it uses only AES-GCM, SHA-256, HMAC, Base64, hexadecimal, the
/// escaping of JSON strings, and the parsing of RSA keys.
package struct VectorGenerator: Sendable {
    /// The seed that generates the files in `Vectors/generated`.
    package static let defaultSeed = "KMSecurity"

    /// A generated vector file.
    package struct File: Sendable {
        /// The name of the file: the operation and `.json`.
        package let name: String
        /// The number of tests in the file.
        package let testCount: Int
        /// The content of the file.
        package let bytes: [UInt8]
    }

    /// The seed of the generated files.
    package let seed: String

    /// Creates a generator.
    ///
    /// - Parameter seed: The seed, which may be any text, including the empty text.
    package init(seed: String = Self.defaultSeed) {
        self.seed = seed
    }

    /// The names of all generated files, in the order of ``files()``.
    package static var fileNames: [String] { generatedOperations.map { "\($0.name).json" } }

    /// Generates all files, one file per operation.
    ///
    /// - Returns: The generated files.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    package func files() throws -> [File] {
        let seeded = try SeededBytes(seed: seed)
        return try generatedOperations.map { operation in
            let file = try operation.file(seeded.scope(operation.name))
            return File(
                name: "\(operation.name).json",
                testCount: file.groups.reduce(0) { $0 + $1.tests.count },
                bytes: file.text(operation: operation.name)
            )
        }
    }
}

/// An operation for which vectors are generated.
protocol GeneratedOperation {
    /// The name of the operation in files.
    static var name: String { get }

    /// Returns the file of the operation; `seeded` is scoped to the operation.
    static func file(_ seeded: SeededBytes) throws -> GeneratedFile
}

/// All operations for which vectors are generated, each in its own file.
private var generatedOperations: [any GeneratedOperation.Type] {
    [
        TokenSignGeneration.self, RequestStampGeneration.self, MessageEncryptGeneration.self,
        FieldEncryptGeneration.self, TokenVerifyGeneration.self, JWEDecryptGeneration.self,
        MessageDecryptGeneration.self, FieldDecryptGeneration.self, PARDeriveGeneration.self,
    ]
}
