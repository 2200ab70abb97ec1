// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

func stage(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
        swiftSettings: settings)
}

let package = Package(
    name: "phusa",
    products: [
        .executable(name: "phusa", targets: ["phusa"]),
        .library(name: "JSONDocument", targets: ["JSONDocument"]),
        .library(name: "JSONSchema", targets: ["JSONSchema"]),
        .library(name: "Parquet", targets: ["Parquet"]),
        .library(name: "DeltaLake", targets: ["DeltaLake"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CChecksum"),
        .target(name: "CPrefetch"),
        .target(name: "CSystem"),

        stage("Telemetry", ["CPrefetch"]),
        stage("DurableFiles", ["CSystem"]),
        stage("MQTTSource", ["Telemetry", "CMosquitto"]),
        stage("Journal", ["Telemetry", "DurableFiles", "CChecksum"]),
        stage("JSONDocument", ["CSimdjson"]),
        stage(
            "Payloads",
            [
                "Telemetry", "JSONDocument", "CZlib", "CZstd",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Sparkplug/README.md", "Sparkplug/sparkplug.proto"]),
        stage("JSONSchema", ["JSONDocument"]),
        stage("Conditions", ["Telemetry", "JSONSchema"]),
        stage(
            "Streams",
            [
                "Telemetry", "DurableFiles", "JSONDocument", "Payloads", "JSONSchema",
                .product(name: "Yams", package: "Yams"),
            ]),
        stage("Parquet", ["CZstd"]),
        stage("DeltaLake", ["DurableFiles", "JSONDocument", "Parquet"]),
        stage("Geography", ["Telemetry", "JSONDocument"]),
        stage("Rollups", ["Telemetry", "Conditions", "Geography"]),
        stage(
            "Pipeline",
            [
                "Telemetry", "DurableFiles", "MQTTSource", "Journal", "JSONDocument", "Payloads", "Streams", "Parquet",
                "DeltaLake", "Geography", "Conditions", "Rollups",
            ]),
        .executableTarget(
            name: "phusa",
            dependencies: [
                "Telemetry", "DurableFiles", "MQTTSource", "Journal", "JSONDocument", "Payloads", "JSONSchema",
                "Streams", "Parquet", "DeltaLake", "Geography", "Conditions", "Rollups", "Pipeline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),

        tests(of: "Telemetry", ["TestSupport"]),
        tests(of: "DurableFiles", ["TestSupport"]),
        tests(of: "MQTTSource", ["Telemetry", "TestSupport"]),
        tests(of: "Journal", ["Telemetry", "DurableFiles", "TestSupport"]),
        tests(of: "JSONDocument", ["TestSupport"]),
        tests(of: "Payloads", ["Telemetry", "JSONDocument", "CZlib", "CZstd", "TestSupport"]),
        tests(of: "JSONSchema", ["JSONDocument", "TestSupport"]),
        tests(of: "Conditions", ["Telemetry", "TestSupport"], exclude: ["evaluate_with_duckdb.py"]),
        tests(of: "Streams", ["Telemetry", "DurableFiles", "JSONDocument", "JSONSchema", "Payloads", "TestSupport"]),
        tests(of: "Parquet", ["TestSupport"], exclude: ["CrossReader"]),
        tests(of: "DeltaLake", ["DurableFiles", "Parquet", "TestSupport"], exclude: ["CrossReader"]),
        tests(of: "Geography", ["Telemetry", "TestSupport"], exclude: ["Oracle"]),
        tests(of: "Rollups", ["Telemetry", "Conditions", "Geography", "TestSupport"], exclude: ["Oracle"]),
        tests(
            of: "Pipeline",
            [
                "Telemetry", "DurableFiles", "MQTTSource", "Journal", "Streams", "Parquet", "DeltaLake", "Geography",
                "Rollups", "TestSupport",
            ]),
        tests(
            of: "phusa",
            [
                "Telemetry", "DurableFiles", "MQTTSource", "JSONDocument", "Payloads", "Streams", "Parquet",
                "DeltaLake", "Pipeline", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(
            name: "TestSupport", dependencies: ["Telemetry", "DurableFiles"], path: "Tests/TestSupport",
            swiftSettings: settings),
    ]
)
