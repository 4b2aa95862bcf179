// swift-tools-version: 6.3
import PackageDescription

/// Held by the compiler everywhere: explicit `any`, imports that do not leak, and no unsafe construct that is not marked.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "KMSecurity",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "KMSecurity", targets: ["KMSecurity"]),
        .library(name: "KMDiagnosis", targets: ["KMDiagnosis"]),
        .library(name: "KMJOSE", targets: ["KMJOSE"]),
        .library(name: "KMVectors", targets: ["KMVectors"]),
        .executable(name: "kmsec", targets: ["kmsec"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    ],
    targets: [
        .systemLibrary(
            name: "Clibcrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"]), .brew(["openssl@3"])]
        ),
        .target(name: "CKMOpenSSL", dependencies: ["Clibcrypto"]),
        .target(name: "CKMFloor", dependencies: ["Clibcrypto"]),
        .target(name: "KMPrimitives", dependencies: ["CKMOpenSSL"], swiftSettings: strict),
        .target(name: "KMJSON", dependencies: ["KMPrimitives"], swiftSettings: strict),
        .target(name: "KMJOSE", dependencies: ["KMPrimitives", "KMJSON"], swiftSettings: strict),
        .target(
            name: "KMWire",
            dependencies: [
                "KMJOSE", "KMJSON", "KMPrimitives", .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Endpoints/endpoints.schema.json"],
            resources: [.embedInCode("Endpoints/endpoints.json")],
            swiftSettings: strict
        ),
        .target(name: "KMCards", dependencies: ["KMPrimitives"], swiftSettings: strict),
        .target(
            name: "KMSecurity",
            dependencies: [
                "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMDiagnosis",
            dependencies: [
                "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMVectors",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMVectorGeneration",
            dependencies: ["KMVectors", "KMJOSE", "KMJSON", "KMPrimitives"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "kmsec",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives", "KMVectors",
                "KMVectorGeneration", "CKMFloor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMTestSupport",
            dependencies: ["KMPrimitives"],
            path: "Tests/KMTestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMPrimitivesTests",
            dependencies: ["KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMJSONTests",
            dependencies: ["KMJSON", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMJOSETests",
            dependencies: ["KMJOSE", "KMJSON", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMWireTests",
            dependencies: [
                "KMWire", "KMJSON", "KMPrimitives", "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMCardsTests",
            dependencies: ["KMCards", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMDiagnosisTests",
            dependencies: ["KMDiagnosis", "KMCards", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMSecurityTests",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives", "KMVectors",
                "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMVectorsTests",
            dependencies: ["KMVectors", "KMSecurity", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMVectorGenerationTests",
            dependencies: ["KMVectorGeneration", "KMVectors", "KMSecurity", "KMTestSupport"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FleetNode",
            dependencies: [
                "KMSecurity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Fleet/FleetNode",
            swiftSettings: strict
        ),
        .executableTarget(name: "PeakMemory", path: "Tests/PeakMemory"),
        .testTarget(
            name: "kmsecTests",
            dependencies: [
                "kmsec", "KMDiagnosis", "KMSecurity", "KMTestSupport", "PeakMemory",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Support/make-keys", "Transcripts"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// The fuzz targets need libFuzzer's library, which .ci/fuzz names to the linker.
if Context.environment["KMSEC_FUZZ"] != nil {
    package.targets += [
        .target(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .target(name: "CKeyFiles", path: "Tests/Shim/KeyFiles"),
        .executableTarget(
            name: "kmfuzz",
            dependencies: [
                "CLibFuzzer", "CKeyFiles", "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON",
                "KMPrimitives", "KMVectors",
                "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Tests/Fuzz/kmfuzz",
            swiftSettings: strict
        ),
    ]
}
