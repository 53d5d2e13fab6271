// The resources of the whole app, as many of each kind, by CDK's own constructs in JavaScript: no grants, no records for a proof, and no proof.
// FUNCTIONS is a folder with the code of the functions, a folder for each.
'use strict';
const path = require('path');
const cdk = require('aws-cdk-lib');
const apigateway = require('aws-cdk-lib/aws-apigatewayv2');
const { HttpIamAuthorizer } = require('aws-cdk-lib/aws-apigatewayv2-authorizers');
const { HttpLambdaIntegration } = require('aws-cdk-lib/aws-apigatewayv2-integrations');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const { SnsAction } = require('aws-cdk-lib/aws-cloudwatch-actions');
const dynamodb = require('aws-cdk-lib/aws-dynamodb');
const ec2 = require('aws-cdk-lib/aws-ec2');
const events = require('aws-cdk-lib/aws-events');
const targets = require('aws-cdk-lib/aws-events-targets');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');
const lambda = require('aws-cdk-lib/aws-lambda');
const { SqsEventSource } = require('aws-cdk-lib/aws-lambda-event-sources');
const logs = require('aws-cdk-lib/aws-logs');
const s3 = require('aws-cdk-lib/aws-s3');
const sns = require('aws-cdk-lib/aws-sns');
const sqs = require('aws-cdk-lib/aws-sqs');

const [source, target, region] = ['111111111111', '222222222222', 'ap-northeast-1'];
const minutes = (n) => cdk.Duration.minutes(n);
const app = new cdk.App({ context: { 'aws:cdk:disable-creation-stack-traces': true } });
const stack = (id, account) => new cdk.Stack(app, id, { env: { account, region }, description: `baseline: ${id}` });
const output = (scope, id, value) => new cdk.CfnOutput(scope, id, { value, description: id });
const allow = (actions, resources, more) => new iam.PolicyStatement({ actions, resources, ...more });
const through = (endpoint, sid, principal, actions, resources) => endpoint.addToPolicy(
  allow(actions, resources, { sid, principals: [new iam.StarPrincipal()], conditions: { ArnEquals: { 'aws:PrincipalArn': principal } } }));

const key = (scope, id) => new kms.Key(scope, id, { description: id, enableKeyRotation: true, removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
const bucket = (scope, id, encryptionKey) => new s3.Bucket(scope, id, {
  bucketName: `baseline-${id.toLowerCase()}-${region}`, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, bucketKeyEnabled: !!encryptionKey,
  encryption: encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED, encryptionKey, enforceSSL: true, minimumTLSVersion: 1.2,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, versioned: true, removalPolicy: cdk.RemovalPolicy.RETAIN,
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: cdk.Duration.days(7) }, { noncurrentVersionExpiration: cdk.Duration.days(90), expiredObjectDeleteMarker: true }],
});
const queue = (scope, id, more) => new sqs.Queue(scope, id, { queueName: `baseline-${id}`, encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true,
  retentionPeriod: cdk.Duration.days(14), removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, ...more });
const topic = (scope) => {
  const masterKey = key(scope, 'AlarmsKey');
  const alarms = new sns.Topic(scope, 'Alarms', { topicName: 'baseline-alarms', masterKey, enforceSSL: true });
  const principals = [new iam.ServicePrincipal('cloudwatch.amazonaws.com')];
  const conditions = { StringEquals: { 'aws:SourceAccount': scope.account } };
  alarms.addToResourcePolicy(allow(['sns:Publish'], [alarms.topicArn], { principals, conditions }));
  masterKey.addToResourcePolicy(allow(['kms:Decrypt', 'kms:GenerateDataKey'], ['*'], { principals, conditions }));
  output(scope, 'AlarmTopicArn', alarms.topicArn);
  return alarms;
};
const alarm = (scope, id, metric, alarms) => new cloudwatch.Alarm(scope, id, {
  alarmName: `baseline-${id}`, alarmDescription: `Alarm ${id}`, metric, threshold: 0, evaluationPeriods: 1,
  comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
}).addAlarmAction(new SnsAction(alarms));
const messages = (of) => of.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: minutes(5) });
const roleArn = (account, name) => `arn:aws:iam::${account}:role/${name}`;

// The target account.
const there = stack('Target', target);
const dataKey = key(there, 'DataKey');
const data = bucket(there, 'Data', dataKey);
data.node.defaultChild.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
const uploads = bucket(there, 'Uploads', dataKey);
const table = new dynamodb.Table(there, 'Devices', { tableName: 'baseline-devices', partitionKey: { name: 'deviceId', type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true }, removalPolicy: cdk.RemovalPolicy.RETAIN });
const trail = bucket(there, 'Trail');
const alarmsThere = topic(there);
for (const [id, value] of Object.entries({ BucketName: data.bucketName, UploadsBucketName: uploads.bucketName, TableName: table.tableName, TrailBucketName: trail.bucketName })) output(there, id, value);
trail.addToResourcePolicy(allow(['s3:GetBucketAcl'], [trail.bucketArn], { principals: [new iam.ServicePrincipal('cloudtrail.amazonaws.com')] }));
trail.addToResourcePolicy(allow(['s3:PutObject'], [trail.arnForObjects('AWSLogs/*')], { principals: [new iam.ServicePrincipal('cloudtrail.amazonaws.com')] }));
const unsent = queue(there, 'unsent');
output(there, 'EventsUnsentQueueUrl', unsent.queueUrl);
const eventPattern = { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [data.bucketName] }, object: { key: [{ prefix: 'inbox/' }, { prefix: 'reports/' }] } } };
new events.Rule(there, 'Events', { ruleName: 'baseline-events', description: 'Objects created', eventPattern }).addTarget(new targets.EventBus(
  events.EventBus.fromEventBusArn(there, 'Bus', `arn:aws:events:${region}:${source}:event-bus/baseline-events`),
  { role: new iam.Role(there, 'EventsRole', { roleName: 'baseline-events-rule', assumedBy: new iam.ServicePrincipal('events.amazonaws.com') }), deadLetterQueue: unsent }));
alarm(there, 'Unsent', messages(unsent), alarmsThere);

// The source account: the network.
const here = stack('Source', source);
here.node.setContext(`availability-zones:account=${source}:region=${region}`, ['ap-northeast-1a', 'ap-northeast-1c']);
const subnets = (name, subnetType) => ({ name, subnetType, cidrMask: 22, mapPublicIpOnLaunch: subnetType === ec2.SubnetType.PUBLIC ? false : undefined });
const vpc = new ec2.Vpc(here, 'Vpc', { ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'), natGateways: 1, restrictDefaultSecurityGroup: true, subnetConfiguration: [
  subnets('Private', ec2.SubnetType.PRIVATE_WITH_EGRESS), subnets('Public', ec2.SubnetType.PUBLIC), subnets('Isolated', ec2.SubnetType.PRIVATE_ISOLATED)] });
new ec2.FlowLog(here, 'FlowLog', { resourceType: ec2.FlowLogResourceType.fromVpc(vpc), trafficType: ec2.FlowLogTrafficType.ALL, destination: ec2.FlowLogDestination.toCloudWatchLogs(
  new logs.LogGroup(here, 'FlowLogs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }),
  new iam.Role(here, 'FlowLogsRole', { assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com') })) });
const group = (id) => new ec2.SecurityGroup(here, `${id}Group`, { vpc, description: id, allowAllOutbound: false });
const gateway = (id, service) => new ec2.GatewayVpcEndpoint(here, id, { vpc, service, subnets: [{ subnetGroupName: 'Private' }, { subnetGroupName: 'Isolated' }] });
const interfaceEndpoint = (id, service, subnetGroupName) => new ec2.InterfaceVpcEndpoint(here, id, { vpc, service, subnets: { subnetGroupName }, privateDnsEnabled: true, open: false, securityGroups: [group(id)] });
const services = ec2.InterfaceVpcEndpointAwsService;
const endpoints = { sts: interfaceEndpoint('STS', services.STS, 'Private'), s3: gateway('S3', ec2.GatewayVpcEndpointAwsService.S3), dynamodb: gateway('DynamoDB', ec2.GatewayVpcEndpointAwsService.DYNAMODB) };
const sessions = [interfaceEndpoint('SSM', services.SSM, 'Isolated'), interfaceEndpoint('SSMMessages', services.SSM_MESSAGES, 'Isolated')];
const alarmsHere = topic(here);
output(here, 'VpcId', vpc.vpcId);
output(here, 'NatAddress', vpc.publicSubnets[0].node.findChild('EIP').ref);

// What the other account permits a workload, and what it takes in this one.
const access = (id, workload, role, permitted) => {
  const name = `baseline-${id.toLowerCase()}-access`;
  const trusted = new iam.Role(there, `${id}Access`, { roleName: name, description: `What ${id} may do`, maxSessionDuration: cdk.Duration.hours(1),
    assumedBy: new iam.PrincipalWithConditions(new iam.AccountPrincipal(source), { ArnEquals: { 'aws:PrincipalArn': roleArn(source, `baseline-${id.toLowerCase()}`) } }) });
  for (const [actions, resources] of permitted) {
    trusted.addToPolicy(allow(actions, resources));
    through(actions[0].startsWith('s3') ? endpoints.s3 : endpoints.dynamodb, id, roleArn(target, name), actions, ['*']);
  }
  output(there, `${id}RoleArn`, trusted.roleArn);
  role.addToPrincipalPolicy(allow(['sts:AssumeRole'], [roleArn(target, name)]));
  through(endpoints.sts, id, roleArn(source, `baseline-${id.toLowerCase()}`), ['sts:AssumeRole'], [roleArn(target, name)]);
  endpoints.sts.connections.allowDefaultPortFrom(workload, 'HTTPS to STS');
  return { ROLE_ARN: roleArn(target, name), BUCKET: `baseline-data-${region}`, PREFIXES: '["inbox/","reports/"]' };
};

// Its functions.
const functions = [];
const func = (id, code, deadLetterQueue) => {
  const name = `baseline-${id.toLowerCase()}`;
  const logGroup = new logs.LogGroup(here, `${id}Logs`, { logGroupName: `/aws/lambda/${name}`, retention: logs.RetentionDays.ONE_MONTH, removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const securityGroup = group(id);
  securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'HTTPS to AWS');
  const role = new iam.Role(here, `${id}Role`, { roleName: name, description: `Execution role of ${name}`, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const interfaces = ['ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses'];
  new iam.Policy(role, 'NetworkInterfaces', { roles: [role], statements: [allow(interfaces, ['*'], { sid: 'LambdaNetworkInterfaces' }),
    allow(interfaces, ['*'], { sid: 'NotByFunctionCode', effect: iam.Effect.DENY, conditions: { ArnEquals: { 'lambda:SourceFunctionArn': `arn:aws:lambda:${region}:${source}:function:${name}` } } })] });
  const f = new lambda.Function(here, id, { functionName: name, runtime: lambda.Runtime.PROVIDED_AL2023, architecture: lambda.Architecture.ARM_64, handler: 'bootstrap',
    code: lambda.Code.fromAsset(path.join(process.env.FUNCTIONS, code)), role, logGroup, loggingFormat: lambda.LoggingFormat.JSON, vpc, vpcSubnets: { subnetGroupName: 'Private' },
    securityGroups: [securityGroup], timeout: minutes(5), memorySize: 512, deadLetterQueue });
  output(here, `${id}FunctionName`, f.functionName);
  functions.push({ id, f, logGroup, deadLetterQueue });
  return f;
};
const environment = (f, variables) => Object.entries(variables).forEach(([name, value]) => f.addEnvironment(name, value));
const read = (of) => [[['s3:ListBucket'], [of.bucketArn]], [['s3:GetObject', 's3:GetObjectTagging'], [of.arnForObjects('*')]], [['kms:Decrypt'], [dataKey.keyArn]]];
const list = func('List', 'list');
environment(list, access('List', list, list.role, read(data).slice(0, 2)));
const scan = func('Scan', 'scan');
environment(scan, access('Scan', scan, scan.role, [[['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], [table.tableArn]]]));
const originKey = key(here, 'DataKey');
const origin = bucket(here, 'Origin', originKey);
output(here, 'OriginBucketName', origin.bucketName);
const copyFailed = queue(here, 'copy-failed');
output(here, 'CopyFailedQueueUrl', copyFailed.queueUrl);
const copy = func('Copy', 'copy', copyFailed);
environment(copy, { ...access('Copy', copy, copy.role, [...read(data).slice(0, 2), [['s3:PutObject', 's3:PutObjectTagging'], [data.arnForObjects('*')]]]), PART_MIB: '64' });
origin.addToResourcePolicy(allow(['s3:GetObject', 's3:GetObjectTagging'], [origin.arnForObjects('*')], { principals: [new iam.AccountPrincipal(target)] }));
const trailFailed = queue(here, 'trail-failed');
output(here, 'TrailFailedQueueUrl', trailFailed.queueUrl);
const trailing = func('Trail', 'trail', trailFailed);
environment(trailing, access('Trail', trailing, trailing.role, read(trail).slice(0, 2)));

// Its API, instance and queue of events.
const api = new apigateway.HttpApi(here, 'Items', { apiName: 'baseline-items', createDefaultStage: false });
api.addRoutes({ path: '/items', methods: [apigateway.HttpMethod.GET], authorizer: new HttpIamAuthorizer(), integration: new HttpLambdaIntegration('Function', scan) });
const accessLogs = new logs.LogGroup(here, 'AccessLogs', { logGroupName: '/aws/vendedlogs/apis/baseline-items', retention: logs.RetentionDays.ONE_MONTH, removalPolicy: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
const stage = new apigateway.HttpStage(here, 'Stage', { httpApi: api, stageName: '$default', autoDeploy: true, throttle: { rateLimit: 10, burstLimit: 20 } });
stage.node.defaultChild.accessLogSettings = { destinationArn: accessLogs.logGroupArn, format: '{"requestId":"$context.requestId"}' };
alarm(here, 'Items-5xx', api.metricServerError({ statistic: 'Sum', period: minutes(5) }), alarmsHere);
output(here, 'ItemsUrl', `${api.apiEndpoint}/items`);
output(here, 'ItemsArn', api.arnForExecuteApi('GET', '/items', '$default'));
const instanceRole = new iam.Role(here, 'InstanceRole', { roleName: 'baseline-instance', assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
const instanceGroup = group('Instance');
instanceGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'HTTPS to AWS');
const instance = new ec2.Instance(here, 'Instance', { instanceName: 'baseline-instance', instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO), role: instanceRole, vpc,
  vpcSubnets: { subnetGroupName: 'Isolated' }, securityGroup: instanceGroup, machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
  blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) }] });
new iam.Policy(instanceRole, 'Sessions', { roles: [instanceRole], statements: [allow(['ssm:UpdateInstanceInformation', 'ssmmessages:OpenDataChannel'], ['*'])] });
access('Instance', instance, instanceRole, [[['s3:PutObject', 's3:PutObjectTagging'], [uploads.arnForObjects('*')]]]);
for (const endpoint of sessions) {
  through(endpoint, 'Sessions', instanceRole.roleArn, ['ssm:UpdateInstanceInformation'], ['*']);
  endpoint.connections.allowDefaultPortFrom(instance, 'HTTPS to Systems Manager');
}
output(here, 'InstanceId', instance.instanceId);
const received = bucket(here, 'Received', originKey);
output(here, 'ReceivedBucketName', received.bucketName);
const process_ = func('Events', 'copy');
environment(process_, { DESTINATION_BUCKET: received.bucketName, BUCKET: `baseline-data-${region}` });
data.addToResourcePolicy(allow(['s3:GetObject', 's3:GetObjectTagging'], [data.arnForObjects('*')], { principals: [new iam.AccountPrincipal(source)] }));
dataKey.addToResourcePolicy(allow(['kms:Decrypt'], ['*'], { principals: [new iam.AccountPrincipal(source)] }));
new iam.Policy(here, 'EventsReceived', { roles: [process_.role], statements: [allow(['s3:PutObject'], [received.arnForObjects('*')])] });
const failed = queue(here, 'events-failed');
output(here, 'EventsFailedQueueUrl', failed.queueUrl);
const eventQueue = queue(here, 'events', { deadLetterQueue: { queue: failed, maxReceiveCount: 3 }, visibilityTimeout: minutes(30), retentionPeriod: cdk.Duration.days(4) });
const bus = new events.EventBus(here, 'Bus', { eventBusName: 'baseline-events' });
new events.CfnEventBusPolicy(here, 'BusPolicy', { eventBusName: bus.eventBusName, statementId: 'ObjectEvents', statement: { Sid: 'ObjectEvents', Effect: 'Allow', Action: 'events:PutEvents',
  Resource: bus.eventBusArn, Principal: { AWS: roleArn(target, 'baseline-events-rule') } } });
new events.Rule(here, 'Rule', { ruleName: 'baseline-events', eventBus: bus, eventPattern }).addTarget(new targets.SqsQueue(eventQueue, { deadLetterQueue: failed }));
process_.addEventSource(new SqsEventSource(eventQueue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 5 }));
alarm(here, 'events-messages', messages(failed), alarmsHere);
alarm(here, 'events-age', eventQueue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: minutes(5) }), alarmsHere);

// Its alarms and dashboard.
const dashboard = new cloudwatch.Dashboard(here, 'Dashboard', { dashboardName: 'baseline-functions', defaultInterval: cdk.Duration.days(1) });
for (const { id, f, logGroup, deadLetterQueue } of functions) {
  const sum = { statistic: 'Sum', period: minutes(5) };
  const maximum = { statistic: 'Maximum', period: minutes(5) };
  alarm(here, `${id}-errors`, f.metricErrors(sum), alarmsHere);
  alarm(here, `${id}-throttles`, f.metricThrottles(sum), alarmsHere);
  alarm(here, `${id}-duration`, f.metricDuration(maximum), alarmsHere);
  const failures = [f.metricErrors(sum), f.metricThrottles(sum)];
  if (deadLetterQueue) {
    alarm(here, `${id}-messages`, messages(deadLetterQueue), alarmsHere);
    failures.push(messages(deadLetterQueue));
  }
  for (const status of ['Copy', 'Events'].includes(id) ? [] : [403, 500, 429]) {
    const filter = new logs.MetricFilter(here, `${id}-answers-${status}`, { logGroup, filterPattern: logs.FilterPattern.all(logs.FilterPattern.numberValue('$.status', '=', status)),
      metricNamespace: 'baseline', metricName: `${id}-${status}`, metricValue: '1' });
    alarm(here, `${id}-${status}`, filter.metric(sum), alarmsHere);
    failures.push(filter.metric(sum));
  }
  const graph = (title, left) => new cloudwatch.GraphWidget({ title: `${id}: ${title}`, left, width: 8, height: 5 });
  dashboard.addWidgets(graph('invocations', [f.metricInvocations(sum)]), graph('failures', failures), graph('maximum duration', [f.metricDuration(maximum)]));
}
output(here, 'DashboardName', dashboard.dashboardName);
app.synth();
