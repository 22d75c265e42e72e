/**
 * Fields of upstream's internal structs, in order. `Name` is a text, `#` a number, `?` a truth value, `%` a quantity,
 * `*` a pointer to a scalar, `[]` a list and `{}` a map of scalars, `~` a label selector, `[T]` a list of structs,
 * `<T>` a pointer to and `{T}` a struct; `:json` follows a name whose JSON name is not just the name in lower case
 * (empty: the pod's security context). `Meta=` is embedded metadata.
 */
export const structs: Readonly<Record<string, string>> = {
  PodTemplateSpec: 'Meta= Spec{PodSpec}',
  PodSpec:
    'Volumes[Volume] InitContainers[Container] Containers[Container] EphemeralContainers[EphemeralContainer] ' +
    'RestartPolicy TerminationGracePeriodSeconds* ActiveDeadlineSeconds* DNSPolicy:dnsPolicy NodeSelector{} ' +
    'ServiceAccountName AutomountServiceAccountToken* NodeName SecurityContext:{PodSecurityContext} ' +
    'ImagePullSecrets[LocalObjectReference] Hostname Subdomain SetHostnameAsFQDN* Affinity<Affinity> SchedulerName ' +
    'Tolerations[Toleration] HostAliases[HostAlias] PriorityClassName Priority* PreemptionPolicy* ' +
    'DNSConfig:dnsConfig<PodDNSConfig> ReadinessGates[PodReadinessGate] RuntimeClassName* Overhead{} ' +
    'EnableServiceLinks* TopologySpreadConstraints[TopologySpreadConstraint] OS:os<PodOS> ' +
    'SchedulingGates[PodSchedulingGate] ResourceClaims[PodResourceClaim] Resources<ResourceRequirements> ' +
    'HostnameOverride* SchedulingGroup<PodSchedulingGroup>',
  PodSecurityContext:
    'HostNetwork? HostPID? HostIPC? ShareProcessNamespace* HostUsers* ' +
    'SELinuxOptions:seLinuxOptions<SELinuxOptions> WindowsOptions<WindowsSecurityContextOptions> RunAsUser* ' +
    'RunAsGroup* RunAsNonRoot* SupplementalGroups[] SupplementalGroupsPolicy* FSGroup:fsGroup* ' +
    'FSGroupChangePolicy:fsGroupChangePolicy* Sysctls[Sysctl] SeccompProfile<SeccompProfile> ' +
    'AppArmorProfile<SeccompProfile> SELinuxChangePolicy:seLinuxChangePolicy*',
  SELinuxOptions: 'User Role Type Level',
  WindowsSecurityContextOptions:
    'GMSACredentialSpecName:gmsaCredentialSpecName* GMSACredentialSpec:gmsaCredentialSpec* RunAsUserName* HostProcess*',
  Sysctl: 'Name Value',
  SeccompProfile: 'Type LocalhostProfile*',
  LocalObjectReference: 'Name',
  PodOS: 'Name',
  PodSchedulingGate: 'Name',
  PodSchedulingGroup: 'PodGroupName*',
  PodReadinessGate: 'ConditionType',
  PodResourceClaim: 'Name ResourceClaimName* ResourceClaimTemplateName*',
  HostAlias: 'IP:ip Hostnames[]',
  Toleration: 'Key Operator Value Effect TolerationSeconds*',
  Taint: 'Key Value Effect TimeAdded*',
  PodDNSConfig: 'Nameservers[] Searches[] Options[PodDNSConfigOption]',
  PodDNSConfigOption: 'Name Value*',
  TopologySpreadConstraint:
    'MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector~ MinDomains* NodeAffinityPolicy* NodeTaintsPolicy* MatchLabelKeys[]',
  Affinity: 'NodeAffinity<NodeAffinity> PodAffinity<PodAffinity> PodAntiAffinity<PodAffinity>',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution<NodeSelector> PreferredDuringSchedulingIgnoredDuringExecution[PreferredSchedulingTerm]',
  NodeSelector: 'NodeSelectorTerms[NodeSelectorTerm]',
  NodeSelectorTerm: 'MatchExpressions[NodeSelectorRequirement] MatchFields[NodeSelectorRequirement]',
  NodeSelectorRequirement: 'Key Operator Values[]',
  PreferredSchedulingTerm: 'Weight# Preference{NodeSelectorTerm}',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution[PodAffinityTerm] PreferredDuringSchedulingIgnoredDuringExecution[WeightedPodAffinityTerm]',
  PodAffinityTerm:
    'LabelSelector~ Namespaces[] TopologyKey NamespaceSelector~ MatchLabelKeys[] MismatchLabelKeys[]',
  WeightedPodAffinityTerm: 'Weight# PodAffinityTerm{PodAffinityTerm}',
  Container:
    'Name Image Command[] Args[] WorkingDir Ports[ContainerPort] EnvFrom[EnvFromSource] Env[EnvVar] ' +
    'Resources{ResourceRequirements} ResizePolicy[ContainerResizePolicy] RestartPolicy* ' +
    'RestartPolicyRules[ContainerRestartRule] VolumeMounts[VolumeMount] VolumeDevices[VolumeDevice] ' +
    'LivenessProbe<Probe> ReadinessProbe<Probe> StartupProbe<Probe> Lifecycle<Lifecycle> TerminationMessagePath ' +
    'TerminationMessagePolicy ImagePullPolicy SecurityContext<SecurityContext> Stdin? StdinOnce? TTY:tty?',
  EphemeralContainer:
    'Name Image Command[] Args[] WorkingDir Ports[ContainerPort] EnvFrom[EnvFromSource] Env[EnvVar] ' +
    'Resources{ResourceRequirements} ResizePolicy[ContainerResizePolicy] RestartPolicy* ' +
    'RestartPolicyRules[ContainerRestartRule] VolumeMounts[VolumeMount] VolumeDevices[VolumeDevice] ' +
    'LivenessProbe<Probe> ReadinessProbe<Probe> StartupProbe<Probe> Lifecycle<Lifecycle> TerminationMessagePath ' +
    'TerminationMessagePolicy ImagePullPolicy SecurityContext<SecurityContext> Stdin? StdinOnce? TTY:tty? ' +
    'TargetContainerName',
  ContainerPort: 'Name HostPort# ContainerPort# Protocol HostIP:hostIP',
  EnvFromSource: 'Prefix ConfigMapRef<EnvSource> SecretRef<EnvSource>',
  EnvSource: 'Name Optional*',
  EnvVar: 'Name Value ValueFrom<EnvVarSource>',
  EnvVarSource:
    'FieldRef<ObjectFieldSelector> ResourceFieldRef<ResourceFieldSelector> ConfigMapKeyRef<KeySelector> ' +
    'SecretKeyRef<KeySelector> FileKeyRef<FileKeySelector>',
  ObjectFieldSelector: 'APIVersion:apiVersion FieldPath',
  ResourceFieldSelector: 'ContainerName Resource Divisor%',
  KeySelector: 'Name Key Optional*',
  FileKeySelector: 'VolumeName Path Key Optional*',
  ResourceRequirements: 'Limits{} Requests{} Claims[ResourceClaim]',
  VolumeResourceRequirements: 'Limits{} Requests{}',
  ResourceClaim: 'Name Request',
  ContainerResizePolicy: 'ResourceName RestartPolicy',
  ContainerRestartRule: 'Action ExitCodes<ContainerRestartRuleOnExitCodes>',
  ContainerRestartRuleOnExitCodes: 'Operator Values[]',
  VolumeMount: 'Name ReadOnly? RecursiveReadOnly* MountPath SubPath MountPropagation* SubPathExpr',
  VolumeDevice: 'Name DevicePath',
  Probe:
    'Exec<ExecAction> HTTPGet:httpGet<HTTPGetAction> TCPSocket:tcpSocket<TCPSocketAction> GRPC:grpc<GRPCAction> ' +
    'InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# TerminationGracePeriodSeconds*',
  ExecAction: 'Command[]',
  HTTPGetAction: 'Path Port* Host Scheme HTTPHeaders:httpHeaders[HTTPHeader]',
  HTTPHeader: 'Name Value',
  TCPSocketAction: 'Port* Host',
  GRPCAction: 'Port# Service*',
  SleepAction: 'Seconds#',
  Lifecycle: 'PostStart<LifecycleHandler> PreStop<LifecycleHandler> StopSignal*',
  LifecycleHandler:
    'Exec<ExecAction> HTTPGet:httpGet<HTTPGetAction> TCPSocket:tcpSocket<TCPSocketAction> Sleep<SleepAction>',
  SecurityContext:
    'Capabilities<Capabilities> Privileged* SELinuxOptions:seLinuxOptions<SELinuxOptions> ' +
    'WindowsOptions<WindowsSecurityContextOptions> RunAsUser* RunAsGroup* RunAsNonRoot* ReadOnlyRootFilesystem* ' +
    'AllowPrivilegeEscalation* ProcMount* SeccompProfile<SeccompProfile> AppArmorProfile<SeccompProfile>',
  Capabilities: 'Add[] Drop[]',
  Volume:
    'Name HostPath<HostPath> EmptyDir<EmptyDir> GCEPersistentDisk:gcePersistentDisk<GCEPersistentDisk> ' +
    'AWSElasticBlockStore:awsElasticBlockStore<AWSElasticBlockStore> GitRepo<GitRepo> Secret<SecretVolume> NFS:nfs<NFS> ' +
    'ISCSI:iscsi<ISCSI> Glusterfs<Glusterfs> PersistentVolumeClaim<ClaimVolume> RBD:rbd<RBD> Quobyte<Quobyte> ' +
    'FlexVolume<FlexVolume> Cinder<Cinder> CephFS:cephfs<CephFS> Flocker<Flocker> DownwardAPI:downwardAPI<DownwardAPIVolume> ' +
    'FC:fc<FC> AzureFile<AzureFile> ConfigMap<ConfigMapVolume> VsphereVolume<VsphereVolume> AzureDisk<AzureDisk> ' +
    'PhotonPersistentDisk<PhotonPersistentDisk> Projected<Projected> PortworxVolume<PortworxVolume> ScaleIO:scaleIO<ScaleIO> ' +
    'StorageOS:storageos<StorageOS> CSI:csi<CSI> Ephemeral<EphemeralVolume> Image<ImageVolume>',
  HostPath: 'Path Type*',
  EmptyDir: 'Medium SizeLimit*',
  GCEPersistentDisk: 'PDName:pdName FSType:fsType Partition# ReadOnly?',
  AWSElasticBlockStore: 'VolumeID:volumeID FSType:fsType Partition# ReadOnly?',
  GitRepo: 'Repository Revision Directory',
  SecretVolume: 'SecretName Items[KeyToPath] DefaultMode* Optional*',
  KeyToPath: 'Key Path Mode*',
  NFS: 'Server Path ReadOnly?',
  ISCSI:
    'TargetPortal IQN:iqn Lun# ISCSIInterface:iscsiInterface FSType:fsType ReadOnly? Portals[] ' +
    'DiscoveryCHAPAuth:chapAuthDiscovery? SessionCHAPAuth:chapAuthSession? SecretRef<LocalObjectReference> InitiatorName*',
  Glusterfs: 'EndpointsName:endpoints Path ReadOnly?',
  ClaimVolume: 'ClaimName ReadOnly?',
  RBD: 'CephMonitors:monitors[] RBDImage:image FSType:fsType RBDPool:pool RadosUser:user Keyring SecretRef<LocalObjectReference> ReadOnly?',
  Quobyte: 'Registry Volume ReadOnly? User Group Tenant',
  FlexVolume: 'Driver FSType:fsType SecretRef<LocalObjectReference> ReadOnly? Options{}',
  Cinder: 'VolumeID:volumeID FSType:fsType ReadOnly? SecretRef<LocalObjectReference>',
  CephFS: 'Monitors[] Path User SecretFile SecretRef<LocalObjectReference> ReadOnly?',
  Flocker: 'DatasetName DatasetUUID:datasetUUID',
  DownwardAPIVolume: 'Items[DownwardAPIVolumeFile] DefaultMode*',
  DownwardAPIVolumeFile: 'Path FieldRef<ObjectFieldSelector> ResourceFieldRef<ResourceFieldSelector> Mode*',
  FC: 'TargetWWNs:targetWWNs[] Lun* FSType:fsType ReadOnly? WWIDs:wwids[]',
  AzureFile: 'SecretName ShareName ReadOnly?',
  ConfigMapVolume: 'Name Items[KeyToPath] DefaultMode* Optional*',
  VsphereVolume: 'VolumePath FSType:fsType StoragePolicyName StoragePolicyID:storagePolicyID',
  AzureDisk: 'DiskName DataDiskURI:diskURI CachingMode* FSType:fsType* ReadOnly* Kind*',
  PhotonPersistentDisk: 'PdID:pdID FSType:fsType',
  Projected: 'Sources[VolumeProjection] DefaultMode*',
  VolumeProjection:
    'Secret<ProjectedKeys> DownwardAPI:downwardAPI<ProjectedDownwardAPI> ConfigMap<ProjectedKeys> ' +
    'ServiceAccountToken<ServiceAccountTokenProjection> ClusterTrustBundle<ClusterTrustBundleProjection> ' +
    'PodCertificate<PodCertificateProjection>',
  ProjectedKeys: 'Name Items[KeyToPath] Optional*',
  ProjectedDownwardAPI: 'Items[DownwardAPIVolumeFile]',
  ServiceAccountTokenProjection: 'Audience ExpirationSeconds# Path',
  ClusterTrustBundleProjection: 'Name* SignerName* LabelSelector~ Optional* Path',
  PodCertificateProjection:
    'SignerName KeyType MaxExpirationSeconds* CredentialBundlePath KeyPath CertificateChainPath UserAnnotations{}',
  PortworxVolume: 'VolumeID:volumeID FSType:fsType ReadOnly?',
  ScaleIO:
    'Gateway System SecretRef<LocalObjectReference> SSLEnabled:sslEnabled? ProtectionDomain StoragePool StorageMode ' +
    'VolumeName FSType:fsType ReadOnly?',
  StorageOS: 'VolumeName VolumeNamespace FSType:fsType ReadOnly? SecretRef<LocalObjectReference>',
  CSI: 'Driver ReadOnly* FSType:fsType* VolumeAttributes{} NodePublishSecretRef<LocalObjectReference>',
  EphemeralVolume: 'VolumeClaimTemplate<PersistentVolumeClaimTemplate>',
  PersistentVolumeClaimTemplate: 'Meta= Spec{PersistentVolumeClaimSpec}',
  PersistentVolumeClaimSpec:
    'AccessModes[] Selector~ Resources{VolumeResourceRequirements} VolumeName StorageClassName* VolumeMode* ' +
    'DataSource<TypedLocalObjectReference> DataSourceRef<TypedObjectReference> VolumeAttributesClassName*',
  TypedLocalObjectReference: 'APIGroup:apiGroup* Kind Name',
  TypedObjectReference: 'APIGroup:apiGroup* Kind Name Namespace*',
  PersistentVolumeSource:
    'GCEPersistentDisk:gcePersistentDisk<GCEPersistentDisk> AWSElasticBlockStore:awsElasticBlockStore<AWSElasticBlockStore> ' +
    'HostPath<HostPath> Glusterfs<GlusterfsPV> NFS:nfs<NFS> RBD:rbd<RBDPV> Quobyte<Quobyte> ISCSI:iscsi<ISCSIPV> ' +
    'FlexVolume<FlexPV> Cinder<CinderPV> CephFS:cephfs<CephFSPV> FC:fc<FC> Flocker<Flocker> AzureFile<AzureFilePV> ' +
    'VsphereVolume<VsphereVolume> AzureDisk<AzureDisk> PhotonPersistentDisk<PhotonPersistentDisk> ' +
    'PortworxVolume<PortworxVolume> ScaleIO:scaleIO<ScaleIOPV> Local<LocalVolume> StorageOS:storageos<StorageOSPV> CSI:csi<CSIPV>',
  PersistentVolumeSpec:
    'Capacity{} GCEPersistentDisk:gcePersistentDisk<GCEPersistentDisk> AWSElasticBlockStore:awsElasticBlockStore<AWSElasticBlockStore> ' +
    'HostPath<HostPath> Glusterfs<GlusterfsPV> NFS:nfs<NFS> RBD:rbd<RBDPV> Quobyte<Quobyte> ISCSI:iscsi<ISCSIPV> ' +
    'FlexVolume<FlexPV> Cinder<CinderPV> CephFS:cephfs<CephFSPV> FC:fc<FC> Flocker<Flocker> AzureFile<AzureFilePV> ' +
    'VsphereVolume<VsphereVolume> AzureDisk<AzureDisk> PhotonPersistentDisk<PhotonPersistentDisk> ' +
    'PortworxVolume<PortworxVolume> ScaleIO:scaleIO<ScaleIOPV> Local<LocalVolume> StorageOS:storageos<StorageOSPV> CSI:csi<CSIPV> ' +
    'AccessModes[] ClaimRef<ObjectReference> PersistentVolumeReclaimPolicy StorageClassName MountOptions[] VolumeMode* ' +
    'NodeAffinity<VolumeNodeAffinity> VolumeAttributesClassName*',
  VolumeNodeAffinity: 'Required<NodeSelector>',
  ObjectReference: 'Kind Namespace Name UID:uid APIVersion:apiVersion ResourceVersion FieldPath',
  SecretReference: 'Name Namespace',
  GlusterfsPV: 'EndpointsName:endpoints Path ReadOnly? EndpointsNamespace*',
  RBDPV:
    'CephMonitors:monitors[] RBDImage:image FSType:fsType RBDPool:pool RadosUser:user Keyring SecretRef<SecretReference> ReadOnly?',
  ISCSIPV:
    'TargetPortal IQN:iqn Lun# ISCSIInterface:iscsiInterface FSType:fsType ReadOnly? Portals[] ' +
    'DiscoveryCHAPAuth:chapAuthDiscovery? SessionCHAPAuth:chapAuthSession? SecretRef<SecretReference> InitiatorName*',
  FlexPV: 'Driver FSType:fsType SecretRef<SecretReference> ReadOnly? Options{}',
  CinderPV: 'VolumeID:volumeID FSType:fsType ReadOnly? SecretRef<SecretReference>',
  CephFSPV: 'Monitors[] Path User SecretFile SecretRef<SecretReference> ReadOnly?',
  AzureFilePV: 'SecretName ShareName ReadOnly? SecretNamespace*',
  ScaleIOPV:
    'Gateway System SecretRef<SecretReference> SSLEnabled:sslEnabled? ProtectionDomain StoragePool StorageMode ' +
    'VolumeName FSType:fsType ReadOnly?',
  LocalVolume: 'Path FSType:fsType*',
  StorageOSPV: 'VolumeName VolumeNamespace FSType:fsType ReadOnly? SecretRef<ObjectReference>',
  CSIPV:
    'Driver VolumeHandle ReadOnly? FSType:fsType VolumeAttributes{} ControllerPublishSecretRef<SecretReference> ' +
    'NodeStageSecretRef<SecretReference> NodePublishSecretRef<SecretReference> ControllerExpandSecretRef<SecretReference> ' +
    'NodeExpandSecretRef<SecretReference>',
  FlowSchemaSpec:
    'PriorityLevelConfiguration{LocalObjectReference} MatchingPrecedence# DistinguisherMethod<FlowDistinguisherMethod> ' +
    'Rules[PolicyRulesWithSubjects]',
  FlowDistinguisherMethod: 'Type',
  PolicyRulesWithSubjects:
    'Subjects[FlowSubject] ResourceRules[ResourcePolicyRule] NonResourceRules[NonResourcePolicyRule]',
  FlowSubject:
    'Kind User<LocalObjectReference> Group<LocalObjectReference> ServiceAccount<ServiceAccountSubject>',
  ServiceAccountSubject: 'Namespace Name',
  ResourcePolicyRule: 'Verbs[] APIGroups:apiGroups[] Resources[] ClusterScope? Namespaces[]',
  NonResourcePolicyRule: 'Verbs[] NonResourceURLs:nonResourceURLs[]',
  PriorityLevelConfigurationSpec: 'Type Limited<LimitedPriorityLevel> Exempt<ExemptPriorityLevel>',
  LimitedPriorityLevel:
    'NominalConcurrencyShares# LimitResponse{LimitResponse} LendablePercent* BorrowingLimitPercent*',
  LimitResponse: 'Type Queuing<QueuingConfiguration>',
  QueuingConfiguration: 'Queues# HandSize# QueueLengthLimit#',
  ExemptPriorityLevel: 'NominalConcurrencyShares* LendablePercent*',
  CertificateSigningRequestCondition: 'Type Status Reason Message LastUpdateTime* LastTransitionTime*',
  ResourceClaimTemplateSpec: 'Meta= Spec{ResourceClaimSpec}',
  ResourceClaimSpec: 'Devices{DeviceClaim}',
  DeviceClaim: 'Requests[DeviceRequest] Constraints[DeviceConstraint] Config[DeviceClaimConfiguration]',
  DeviceRequest: 'Name Exactly<ExactDeviceRequest> FirstAvailable[DeviceSubRequest]',
  ExactDeviceRequest:
    'DeviceClassName Selectors[DeviceSelector] AllocationMode Count# AdminAccess* Tolerations[DeviceToleration] ' +
    'Capacity<CapacityRequirements>',
  DeviceSubRequest:
    'Name DeviceClassName Selectors[DeviceSelector] AllocationMode Count# Tolerations[DeviceToleration] ' +
    'Capacity<CapacityRequirements>',
  DeviceSelector: 'CEL:cel<CELDeviceSelector>',
  CELDeviceSelector: 'Expression',
  DeviceToleration: 'Key Operator Value Effect TolerationSeconds*',
  CapacityRequirements: 'Requests{}',
  DeviceConstraint: 'Requests[] MatchAttribute* DistinctAttribute*',
  DeviceClaimConfiguration: 'Requests[] Opaque<OpaqueDeviceConfiguration>',
  OpaqueDeviceConfiguration: 'Driver Parameters*',
  DeviceAttribute:
    'IntValue:int* BoolValue:bool* StringValue:string* VersionValue:version* IntValues:ints[] BoolValues:bools[] ' +
    'StringValues:strings[] VersionValues:versions[]',
  ImageVolume: 'Reference PullPolicy',
  DeploymentStrategy: 'Type RollingUpdate<RollingUpdateDeployment>',
  RollingUpdateDeployment: 'MaxUnavailable* MaxSurge*',
  DaemonSetUpdateStrategy: 'Type RollingUpdate<RollingUpdateDeployment>',
  StatefulSetUpdateStrategy: 'Type RollingUpdate<RollingUpdateStatefulSetStrategy>',
  RollingUpdateStatefulSetStrategy: 'Partition# MaxUnavailable*',
  PodFailurePolicy: 'Rules[PodFailurePolicyRule]',
  PodFailurePolicyRule:
    'Action OnExitCodes<PodFailurePolicyOnExitCodes> OnPodConditions[PodFailurePolicyOnPodConditions]',
  PodFailurePolicyOnExitCodes: 'ContainerName* Operator Values[]',
  PodFailurePolicyOnPodConditions: 'Type Status',
  SuccessPolicy: 'Rules[SuccessPolicyRule]',
  SuccessPolicyRule: 'SucceededIndexes* SucceededCount*',
  PodDisruptionBudgetSpec: 'MinAvailable* Selector~ MaxUnavailable* UnhealthyPodEvictionPolicy*',
  ScopeSelector: 'MatchExpressions[ScopedResourceSelectorRequirement]',
  ScopedResourceSelectorRequirement: 'ScopeName Operator Values[]',
};
