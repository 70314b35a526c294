process GAS_ANNOTATE {
    tag "$meta.id"
    label 'process_medium'

    input:
    tuple val(meta), path(variants)
    tuple val(meta2), path(reference)
    path(sources, stageAs: 'sources/*')

    output:
    tuple val(meta), path("${prefix}.vcf.gz")             , emit: vcf
    tuple val(meta), path("${prefix}.vcf.gz.{tbi,csi}")   , emit: index
    tuple val(meta), path("${prefix}.summary.json")       , emit: summary
    path "versions.yml"                                   , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}.annotated"
    def reference_id = meta2.id ? "--reference-id '${meta2.id}'" : ''
    def source_args = [sources].flatten().findAll { source -> source }.collect { source -> "--source '${source}'" }.join(' ')
    """
    gas-annotate annotate '${variants}' \\
        --reference '${reference}' ${reference_id} \\
        ${source_args} \\
        ${args} \\
        --threads ${task.cpus} \\
        --out '${prefix}.vcf.gz' \\
        --index \\
        --summary '${prefix}.summary.json'

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        gas-annotate: \$(gas-annotate --version | sed 's/^gas-annotate //')
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}.annotated"
    """
    echo '' | gzip > '${prefix}.vcf.gz'
    touch '${prefix}.vcf.gz.tbi' '${prefix}.summary.json'

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        gas-annotate: \$(gas-annotate --version | sed 's/^gas-annotate //')
    END_VERSIONS
    """
}
